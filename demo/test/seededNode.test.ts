import { expect } from 'chai'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { recordPath } from '../../scripts/deploymentRecord'
import { startProcess, type DemoProcess } from './demoProcess'
import { processesOf } from './processes'

const ROOT = path.join(__dirname, '../..')
const NODE = path.join(ROOT, 'demo/src/seededNode/main.ts')
const ORACLE = path.join(ROOT, 'attribution-oracle/src/main.ts')
const NETWORK = `seeded-test-${process.pid}`

describe('two commands for an operator', () => {
  let node: DemoProcess
  let cwd: string
  let url: string
  before(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), 'open-datanets-operator-'))
    node = startProcess(NODE, ['--fast', '--port', '0', '--network', NETWORK])
    await node.printed('next       npm run oracle')
    url = /chain +(http:\S+),/.exec(node.said())![1]!
  })
  after(async () => {
    // where a test failed before the node was stopped
    if (processesOf('pgid', node.pid).length > 0) process.kill(-node.pid, 'SIGKILL')
    await rm(path.dirname(recordPath(NETWORK)), { recursive: true, force: true })
    await rm(cwd, { recursive: true, force: true })
  })

  const oracle = (...args: string[]): DemoProcess => startProcess(ORACLE, args, { cwd })

  it('init finds the chain, and check has nothing to say against it', async () => {
    const init = await oracle('init', '--deployment', recordPath(NETWORK), '--rpc-url', url).ended
    expect(init.code, init.stderr).to.equal(0)
    const check = await oracle('check').ended
    expect(check.code, check.stdout + check.stderr).to.equal(0)
  })

  it('run scores, settles, posts and finalizes an epoch, serves it, and ends with 0 on SIGTERM', async () => {
    const run = oracle('run', '--http-port', '0', '--poll-ms', '200')
    await run.printed('API at http')
    const api = /API at (http:[^\s"]+)/.exec(run.said())![1]!
    await node.printed('epoch 1 is final')
    const [epoch] = await eventually(async () => {
      const answer = await fetch(`${api}/v1/epochs`)
      const { items } = (await answer.json()) as { items: { epoch: number; state: string }[] }
      return items.filter(({ state }) => state === 'final')
    })
    expect(epoch).to.include({ epoch: 1 })
    const claims = path.join(cwd, 'oracle-data/published/epoch-1/claims.json')
    expect(JSON.parse(await readFile(claims, 'utf8'))).to.include({ epoch: 1 })
    process.kill(run.pid, 'SIGTERM')
    const { code, stdout, stderr } = await run.ended
    expect(code, stderr).to.equal(0)
    expect(stdout + stderr).to.not.contain('59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d')
  })

  it('the node ends on SIGINT and leaves no process behind', async () => {
    process.kill(node.pid, 'SIGINT')
    expect((await node.ended).code).to.equal(0)
    expect(processesOf('pgid', node.pid)).to.deep.equal([])
  })
})

/** Looks until there is something; mocha's timeout ends a wait for what never comes. */
async function eventually<T>(look: () => Promise<T[]>): Promise<T[]> {
  for (;;) {
    const found = await look()
    if (found.length > 0) return found
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}
