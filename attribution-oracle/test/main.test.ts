import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Datanet } from './scene/datanet'

const MAIN = join(__dirname, '../src/main.ts')

interface Check {
  name: string
  status: string
  says: string
}

interface Ran {
  code: number
  out: string
  err: string
}

const cli = (args: string[]): Promise<Ran> =>
  new Promise(resolve => {
    execFile(process.execPath, ['--require', 'tsx/cjs', MAIN, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })

describe('attribution-oracle, the command', () => {
  let datanet: Datanet
  let config: string
  before(async () => {
    datanet = await Datanet.start()
    await datanet.anvil.settle()
    config = join(datanet.folder, 'oracle.json')
    const deployment = join(datanet.folder, 'system.json')
    const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
    await writeFile(deployment, JSON.stringify(datanet.system.record, asText))
    await writeFile(
      config,
      JSON.stringify({
        rpcUrl: datanet.anvil.url,
        deployment: 'system.json',
        contentFolder: 'content',
        storeFolder: 'store',
        publishFolder: 'publish',
        operatorKey: datanet.operator.privateKey,
      }),
    )
  })
  after(() => datanet?.stop())

  it('check prints the configuration as JSON, without the key, and what it found', async () => {
    const { code, out } = await cli(['check', '--config', config, '--json'])
    const answer = JSON.parse(out) as { config: Record<string, unknown>; checks: Check[] }
    expect(answer.config.operatorKey).to.equal('(set)')
    expect(answer.config.rewardVault).to.equal(datanet.addresses().rewardVault)
    expect(answer.checks.filter(({ status }) => status === 'FAIL')).to.deep.equal([])
    expect(answer.checks.map(({ name }) => name)).to.include.members([
      'contracts',
      'events',
      'database',
      'models',
    ])
    expect(code).to.equal(0)
    expect(out).to.not.contain(datanet.operator.privateKey)
  })

  it('ends with 4 and a JSON reason on stderr when it is not the time for a step', async () => {
    const { code, err } = await cli(['epoch', 'run', '--config', config, '--epoch', '1', '--json'])
    expect(code).to.equal(4)
    const lines = err
      .trim()
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line) as Record<string, unknown>)
    expect(lines[0]).to.deep.equal({ event: 'progress', stage: 'ingest', done: 0, total: 1 })
    expect(lines.at(-1)).to.include({ event: 'error', code: 'WRONG_STATE' })
  })

  it('ends with 2 for wrong arguments and configurations', async () => {
    expect((await cli(['epoch', 'run', '--config', config])).code).to.equal(2)
    expect((await cli(['epoch', 'show', '--config', config, '--epoch', 'one'])).code).to.equal(2)
    expect((await cli(['check', '--config', join(datanet.folder, 'absent.json')])).code).to.equal(2)
  })

  it('ends with 5 when the chain cannot be reached', async () => {
    const absent = ['--config', config, '--rpc-url', 'http://127.0.0.1:1']
    const checked = await cli(['check', ...absent])
    expect(checked.code).to.equal(5)
    expect(checked.out).to.match(/FAIL {2}rpc 1 127\.0\.0\.1:1 +RPC_FAILED/)
    const { code, err } = await cli(['epoch', 'plan', '--epoch', '1', ...absent])
    expect(code).to.equal(5)
    expect(err).to.contain('RPC_FAILED')
  })
})
