import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXIT } from '../../src/exitCode'
import { run, type Ended } from './process'

const ADDRESS = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const CONTRACTS = [
  ...['datanetRegistry', 'modelRegistry', 'inferencePayments', 'rewardEscrow', 'rewardVault'],
  ...['attributionOracle', 'operatorSet', 'fraudProofs', 'settlementProofs', 'pageDemands'],
]

/** The code of a fault that is no bug: without a stack. */
function expectFault({ code, err }: Ended, exitCode: number, fault: string, path: string): void {
  expect(code, err).to.equal(exitCode)
  expect(err)
    .to.contain(fault)
    .and.to.contain(path)
    .and.to.not.match(/\n\s+at /)
}

describe('a path that cannot be used', () => {
  let cwd: string
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'oracle-paths-'))
    const settings = {
      ...{ rpcUrl: 'http://127.0.0.1:1', chainId: 31337, startBlock: 0 },
      ...Object.fromEntries(CONTRACTS.map(name => [name, ADDRESS])),
      ...{ contentFolder: 'content', storeFolder: 'store', publishFolder: 'publish' },
    }
    await writeFile(join(cwd, 'oracle.json'), JSON.stringify(settings), { mode: 0o600 })
    await writeFile(join(cwd, 'file'), 'no folder\n')
  })
  after(() => rm(cwd, { recursive: true, force: true }))

  for (const place of process.platform === 'linux' ? ['/proc/oracle', 'file/store'] : ['file/store'])
    it(`a store folder in ${place}: ends at once with STORE_UNREACHABLE`, async () => {
      const ended = await run(['db', 'migrate', '--store-folder', place], { cwd })
      expectFault(ended, EXIT.unreachable, 'STORE_UNREACHABLE', place)
    })

  for (const command of ['run', 'serve'])
    it(`a publish folder that cannot be made: ${command} ends before anything is asked or computed`, async () => {
      const ended = await run([command, '--publish-folder', 'file/published'], { cwd })
      expectFault(ended, EXIT.unreachable, 'DISK_FAILED', 'file/published')
    })

  it('folders that cannot be made: check names each, and ends as for a disk', async () => {
    const places = ['--publish-folder', 'file/published', '--content-folder', 'file/content']
    const { code, out } = await run(['check', ...places], { cwd })
    expect(code, out).to.equal(EXIT.unreachable)
    for (const name of ['publish folder', 'disk'])
      expect(out).to.match(new RegExp(`FAIL  ${name} +DISK_FAILED: .*ENOTDIR`))
  })

  it('a snapshot to a place that takes no folder: ends with DISK_FAILED', async () => {
    const ended = await run(['snapshot', 'create', 'file/snapshot'], { cwd })
    expectFault(ended, EXIT.unreachable, 'DISK_FAILED', 'file/snapshot')
  })

  it('documents that are not there or malformed: are found before the chain is asked', async () => {
    const epoch = ['--epoch', '1', '--json']
    for (const args of [
      ['post', ...epoch, '--signatures', 'absent'],
      ['diff', ...epoch, '--post', 'file'],
    ]) {
      const { code, err } = await run(['epoch', ...args], { cwd })
      expect([code, (JSON.parse(err) as { code: string }).code], err).to.deep.equal([
        EXIT.caller,
        'INVALID_ARGUMENT',
      ])
    }
  })

  it('a snapshot that is not there: is an argument that is wrong, and makes no store', async () => {
    expectFault(
      await run(['snapshot', 'verify', 'absent'], { cwd }),
      EXIT.caller,
      'INVALID_ARGUMENT',
      'absent',
    )
    const restored = await run(['snapshot', 'restore', 'absent', '--store-folder', 'fresh'], { cwd })
    expectFault(restored, EXIT.caller, 'INVALID_ARGUMENT', 'absent')
    expect(existsSync(join(cwd, 'fresh'))).to.equal(false)
  })
})
