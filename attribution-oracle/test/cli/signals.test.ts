import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from './process'

const ADDRESS = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const CONTRACTS = [
  ...['datanetRegistry', 'modelRegistry', 'inferencePayments', 'rewardEscrow', 'rewardVault'],
  ...['attributionOracle', 'operatorSet', 'fraudProofs', 'settlementProofs', 'pageDemands'],
]

describe('a command that is stopped', () => {
  let cwd: string
  let silent: Server
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'oracle-signals-'))
    // takes every request and answers none
    silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const settings = {
      rpcUrl: `http://127.0.0.1:${port}`,
      chainId: 31337,
      startBlock: 0,
      ...Object.fromEntries(CONTRACTS.map(name => [name, ADDRESS])),
      ...{ contentFolder: 'content', storeFolder: 'store', publishFolder: 'publish' },
    }
    await writeFile(join(cwd, 'oracle.json'), JSON.stringify(settings))
  })
  afterEach(async () => {
    silent.closeAllConnections()
    silent.close()
    await rm(cwd, { recursive: true, force: true })
  })

  for (const command of [
    ['epoch', 'plan', '--epoch', '1'],
    ['explain', '7', '--epoch', '1'],
    ['check'],
    ['run', '--once'],
  ])
    it(`${command.join(' ')}, while it waits for an RPC that never answers: ends with 130`, async () => {
      const running = start(command, { cwd })
      await once(silent, 'request')
      running.kill('SIGINT')
      const { code, err } = await running.ended
      expect(code, err).to.equal(130)
      expect(err).to.not.match(/\n\s+at /)
    })

  it('while it waits for an RPC that never answers: the second signal ends it with 130', async () => {
    const running = start(['epoch', 'plan', '--epoch', '1'], { cwd })
    await once(silent, 'request')
    running.kill('SIGTERM')
    running.kill('SIGINT')
    expect((await running.ended).code).to.equal(130)
  })
})
