import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startDemo } from './demoProcess'
import { processesOf } from './processes'

const PATIENCE_MS = 10_000

describe('an interrupted demo', () => {
  let out: string
  beforeEach(async () => {
    out = await mkdtemp(path.join(tmpdir(), 'open-datanets-'))
  })
  afterEach(() => rm(out, { recursive: true, force: true }))

  const cases = {
    'SIGINT while it trains': { when: 'training the tokenizer: 100 %', group: false },
    'Ctrl-C, which reaches the chain too, while it deploys': { when: '1. Deploy', group: true },
  }
  for (const [what, { when, group }] of Object.entries(cases)) {
    it(`given ${what}: ends with 130 within 10 s and leaves no process`, async () => {
      const demo = startDemo('--size', 'small', '--out', out)
      try {
        await demo.printed(when)
        const running = processesOf('pgid', demo.pid).map(({ command }) => command)
        expect(running.filter(command => command.includes('anvil')).length).to.equal(1)

        const started = performance.now()
        process.kill(group ? -demo.pid : demo.pid, 'SIGINT')
        const { code, stdout, stderr } = await demo.ended
        expect([code, stderr]).to.deep.equal([130, ''])
        expect(performance.now() - started).to.be.below(PATIENCE_MS)
        expect(stdout).to.contain('interrupted; no process is left behind')
        expect(processesOf('pgid', demo.pid)).to.deep.equal([])
      } finally {
        for (const { pid } of processesOf('pgid', demo.pid)) process.kill(pid, 'SIGKILL')
      }
    })
  }
})
