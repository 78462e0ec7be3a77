import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { envOf, flagOf, SETTING_NAMES } from '../../src/config'
import { REFERENCE_FILES } from '../../src/cli/reference'

const ROOT = join(__dirname, '../../..')

describe('the reference of settings', () => {
  for (const { path, written } of REFERENCE_FILES) {
    it(`${path} is what the schema gives; "npm run oracle:reference" writes it`, async () => {
      const now = await readFile(join(ROOT, path), 'utf8')
      expect(await written(now)).to.equal(now)
    })
  }

  it('gives every setting a variable and a flag of its own, but no flag to keys and passwords', () => {
    const flags = SETTING_NAMES.map(flagOf).filter(flag => flag !== undefined)
    expect(new Set(SETTING_NAMES.map(envOf)).size).to.equal(SETTING_NAMES.length)
    expect(new Set(flags).size).to.equal(flags.length)
    const unflagged = SETTING_NAMES.filter(name => flagOf(name) === undefined)
    expect(unflagged).to.include.members([
      'operatorKey',
      'keystorePassword',
      's3SecretAccessKey',
      'databaseUrl',
    ])
  })
})
