import { expect } from 'chai'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './process'

const KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

describe('attribution-oracle keys', () => {
  let cwd: string
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'oracle-keys-'))
    await writeFile(join(cwd, 'password'), 'a long password\n', { mode: 0o600 })
    await writeFile(join(cwd, 'key'), `${KEY}\n`, { mode: 0o600 })
  })
  after(() => rm(cwd, { recursive: true, force: true }))

  const keys = (...args: string[]) => run(['keys', ...args, '--password-file', 'password', '--json'], { cwd })

  it('import keeps a key that everybody but its owner cannot read, and never prints it', async () => {
    const { code, out, err } = await keys('import', '--key-file', 'key', '--out', 'imported.json')
    expect(code, err).to.equal(0)
    expect(JSON.parse(out)).to.include({ address: ACCOUNT })
    expect((await stat(join(cwd, 'imported.json'))).mode & 0o777).to.equal(0o600)
    const stored = await readFile(join(cwd, 'imported.json'), 'utf8')
    expect(stored + out + err).to.not.contain(KEY.slice(2))
  })

  it('new makes another one every time, and overwrites none', async () => {
    const first = await keys('new', '--out', 'new.json')
    expect(first.code, first.err).to.equal(0)
    const before = await readFile(join(cwd, 'new.json'), 'utf8')
    expect((await keys('new', '--out', 'new.json')).code).to.equal(2)
    expect(await readFile(join(cwd, 'new.json'), 'utf8')).to.equal(before)
  })

  it('import names the file that holds no key, and why', async () => {
    await writeFile(join(cwd, 'no-key'), '0x1234\n', { mode: 0o600 })
    const { code, err } = await keys('import', '--key-file', 'no-key', '--out', 'none.json')
    expect([code, err.includes('KEY_INVALID')], err).to.deep.equal([2, true])
    expect(err).to.contain('no-key').and.to.contain('64 hexadecimal digits').and.to.not.contain('1234')
  })

  it('given a password file that is not there: ends with 2 and names it', async () => {
    const { code, err } = await run(['keys', 'new', '--out', 'x.json', '--password-file', 'absent'], { cwd })
    expect([code, err.includes('absent (ENOENT)')]).to.deep.equal([2, true])
  })

  it('address refuses a keystore that others can read', async () => {
    const address = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    const names = [
      ...['datanetRegistry', 'modelRegistry', 'inferencePayments', 'rewardEscrow', 'rewardVault'],
      ...['attributionOracle', 'operatorSet', 'fraudProofs', 'settlementProofs', 'pageDemands'],
    ]
    const settings = {
      ...{ rpcUrl: 'http://127.0.0.1:1', chainId: 1, startBlock: 0 },
      ...Object.fromEntries(names.map(name => [name, address])),
      ...{ contentFolder: 'c', storeFolder: 's', publishFolder: 'p' },
      ...{ keystore: 'imported.json', keystorePassword: { file: 'password' } },
    }
    await writeFile(join(cwd, 'oracle.json'), JSON.stringify(settings))
    const asked = await run(['keys', 'address', '--json'], { cwd })
    expect(JSON.parse(asked.out)).to.deep.equal({ address: ACCOUNT, kind: 'keystore' })
    await chmod(join(cwd, 'imported.json'), 0o644)
    const refused = await run(['keys', 'address', '--json'], { cwd })
    expect([refused.code, refused.err.includes('KEY_UNSAFE')]).to.deep.equal([2, true])
  })
})
