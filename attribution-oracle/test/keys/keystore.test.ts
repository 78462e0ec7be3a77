import { expect } from 'chai'
import { Wallet } from 'ethers'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { isFault, type FaultCode } from '../../src/errors'
import {
  addressOf,
  createKeystore,
  importKey,
  readKeystore,
  writeKeystore,
  type Keystore,
} from '../../src/keys'

const KEY = `0x${'42'.repeat(32)}`
const { address: ADDRESS } = new Wallet(KEY)
const PASSWORD = 'correct horse'

const failsWith = async (run: Promise<unknown>, code: FaultCode): Promise<string> => {
  const fault = await run.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(isFault(fault, code), String(fault)).to.equal(true)
  const told = inspect(fault, { depth: Infinity, showHidden: true })
  expect(told).to.not.contain(KEY.slice(2)).and.not.contain(PASSWORD)
  return told
}

describe('a keystore', () => {
  let folder: string
  let imported: Keystore
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oracle-keys-'))
    imported = await importKey(KEY, PASSWORD)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('holds an imported key, which its password alone opens', async () => {
    const source = { kind: 'keystore', json: imported.json } as const
    expect(imported.address).to.equal(ADDRESS)
    expect(imported.json).to.not.contain(KEY.slice(2))
    expect(await addressOf({ ...source, password: PASSWORD })).to.equal(ADDRESS)
    await failsWith(addressOf({ ...source, password: 'wrong horse' }), 'KEY_INVALID')
  })

  it('is imported under a new password', async () => {
    const { json, address } = await importKey(imported.json, PASSWORD, 'new')
    expect(address).to.equal(ADDRESS)
    expect(await addressOf({ kind: 'keystore', json, password: 'new' })).to.equal(ADDRESS)
  })

  it('is imported from a key without 0x and with a line end, as files have them', async () => {
    expect((await importKey(`${KEY.slice(2)}\n`, 'p')).address).to.equal(ADDRESS)
  })

  it('of a new key holds one that nobody had', async () => {
    const [first, second] = await Promise.all([createKeystore('p'), createKeystore('p')])
    expect(first.address).to.not.equal(second.address)
    expect(await addressOf({ kind: 'keystore', json: first.json, password: 'p' })).to.equal(first.address)
  })

  it('needs a key, a password and its form', async () => {
    await failsWith(importKey('0x1234', PASSWORD), 'KEY_INVALID')
    await failsWith(importKey(KEY, ''), 'KEY_INVALID')
    await failsWith(addressOf({ kind: 'keystore', json: '{}', password: PASSWORD }), 'KEY_INVALID')
    const broken = imported.json.replace(/"ciphertext":"[0-9a-f]{4}/, '"ciphertext":"0000')
    await failsWith(addressOf({ kind: 'keystore', json: broken, password: PASSWORD }), 'KEY_INVALID')
  })

  it('is written for its owner alone, and never over another file', async () => {
    const path = join(folder, 'operator.json')
    await writeKeystore(path, imported.json)
    expect((await stat(path)).mode & 0o777).to.equal(0o600)
    expect(await readKeystore(path)).to.equal(`${imported.json}\n`)
    await failsWith(writeKeystore(path, 'another'), 'INVALID_ARGUMENT')
    expect(await readFile(path, 'utf8')).to.equal(`${imported.json}\n`)
    await failsWith(writeKeystore(join(folder, 'none', 'operator.json'), '{}'), 'INVALID_ARGUMENT')
  })

  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    it(`that others can use is refused (${mode.toString(8)})`, async () => {
      const path = join(folder, `open-${mode}.json`)
      await writeFile(path, imported.json)
      await chmod(path, mode)
      expect(await failsWith(readKeystore(path), 'KEY_UNSAFE')).to.contain(`chmod 600 ${path}`)
    })
  }

  it('that is not there is named', async () => {
    expect(await failsWith(readKeystore(join(folder, 'missing.json')), 'KEY_INVALID')).to.contain('ENOENT')
  })
})
