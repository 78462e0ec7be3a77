import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configJsonSchema } from '../../src/config'
import { commandLine, run } from './process'

const ADDRESS = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const KEY = `0x${'11'.repeat(32)}`
const settings = {
  rpcUrl: 'http://user:hunter2@127.0.0.1:8545/v3/hunter2',
  chainId: 31337,
  startBlock: 0,
  ...Object.fromEntries(
    [
      ...['datanetRegistry', 'modelRegistry', 'inferencePayments', 'rewardEscrow', 'rewardVault'],
      ...['attributionOracle', 'operatorSet', 'fraudProofs', 'settlementProofs', 'pageDemands'],
    ].map(name => [name, ADDRESS]),
  ),
  contentFolder: 'content',
  storeFolder: 'store',
  publishFolder: 'publish',
  operatorKey: KEY,
}

describe('attribution-oracle config', () => {
  let cwd: string
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'oracle-config-command-'))
    await writeFile(join(cwd, 'oracle.json'), JSON.stringify(settings))
  })
  after(() => rm(cwd, { recursive: true, force: true }))

  it('print shows every setting with where it came from, and no secret', async () => {
    const env = { ORACLE_WORKERS: '3' }
    const { code, out, err } = await run(['config', 'print', '--json', '--poll-ms', '50'], { cwd, env })
    expect(code, err).to.equal(0)
    const printed = JSON.parse(out) as Record<string, Record<string, unknown>>
    expect(printed['settings']).to.include({
      workers: 3,
      pollMs: 50,
      operatorKey: '(set)',
      rpcUrls: '(1 set)',
    })
    expect(printed['origins']).to.include({
      workers: 'ORACLE_WORKERS',
      pollMs: '--poll-ms',
      chainId: 'oracle.json',
      tolerancePpm: 'default',
    })
    const text = await run(['config', 'print'], { cwd, env })
    expect(text.out).to.match(/workers +3 {2}\(ORACLE_WORKERS\)/)
    expect(out + text.out)
      .to.not.contain('hunter2')
      .and.not.contain(KEY)
  })

  it('print gives a digest that changes with a contract and not with what is of a machine alone', async () => {
    const digestOf = async (...flags: string[]): Promise<unknown> => {
      const { out } = await run(['config', 'print', '--json', ...flags], { cwd })
      return (JSON.parse(out) as { digest: unknown }).digest
    }
    const [plain, other, own, secret] = await Promise.all([
      digestOf(),
      digestOf('--reward-vault', `0x${'22'.repeat(20)}`),
      digestOf('--workers', '5'),
      digestOf('--rpc-url', 'http://127.0.0.1:1'),
    ])
    expect(other).to.not.equal(plain)
    expect([own, secret]).to.deep.equal([plain, plain])
  })

  it('check ends with 2 and all faults, each with its place and what to do', async () => {
    const env = { ORACLE_WORKERS: 'many', ORACLE_PEERZ: 'x', ORACLE_OPERATOR_KEY: 'hunter2' }
    const { code, err } = await run(['config', 'check'], { cwd, env })
    expect(code).to.equal(2)
    expect(err).to.contain('3 faults')
    expect(err).to.contain('workers (ORACLE_WORKERS): got many, expected a number of threads')
    expect(err).to.contain('ORACLE_PEERZ (environment)').and.to.contain('did you mean ORACLE_PEERS?')
    expect(err).to.contain('operatorKey (ORACLE_OPERATOR_KEY): got (secret)').and.not.contain('hunter2')
    expect((await run(['config', 'check'], { cwd })).code).to.equal(0)
  })

  it('print has its values in one column', async () => {
    const { out } = await run(['config', 'print'], { cwd })
    const columns = out
      .split('\n')
      .filter(Boolean)
      .map(line => /^\w+ +/.exec(line)?.[0].length)
    expect(new Set(columns)).to.deep.equal(new Set(['inferencePayments '.length]))
  })

  it('leaves no stack when whoever reads it goes first', async () => {
    const command = `set -o pipefail; ${commandLine(['config', 'print'])} | true`
    // bash complains of a locale that is not installed
    const piped = spawn('bash', ['-c', command], { cwd, env: { ...process.env, LC_ALL: 'C' } })
    let err = ''
    piped.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    const [code] = (await once(piped, 'close')) as [number]
    expect([code, err]).to.deep.equal([0, ''])
  })

  it('schema prints the JSON Schema of the file, and needs no configuration', async () => {
    const { code, out } = await run(['config', 'schema'], { cwd: tmpdir() })
    expect(code).to.equal(0)
    expect(JSON.parse(out)).to.deep.equal(JSON.parse(JSON.stringify(configJsonSchema())))
  })

  it('takes no key and no password as a flag, where every process could read it', async () => {
    const { code, err } = await run(['config', 'print', '--operator-key', KEY], { cwd })
    expect(code).to.equal(2)
    expect(err).to.contain("unknown option '--operator-key'")
  })
})
