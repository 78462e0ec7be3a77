import { expect } from 'chai'
import fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { envOf, loadConfig, redacted, SETTING_NAMES, settingOf } from '../../src/config'
import { isFault } from '../../src/errors'

const name = fc.oneof(
  fc.constantFrom<string>(...SETTING_NAMES, '__proto__', 'constructor', 'toString', '$schema'),
  fc.string(),
)
const value = fc.oneof(
  fc.json().map(text => JSON.parse(text) as unknown),
  fc.constantFrom<unknown>('http://127.0.0.1:1', 1, 0, -1, 1e300, true, null, [], {}, { toString: 1 }, [
    '',
    0,
  ]),
)
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('0', '1', 'true', ',', '\0', '/', 'a,b'))
const file = fc.oneof(
  fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }).map(entries => {
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`).join(',')}}`
  }),
  fc.string({ unit: 'binary' }),
)
const variable = fc.oneof(
  fc.constantFrom(...SETTING_NAMES.flatMap(each => [envOf(each), `${envOf(each)}_FILE`])),
  fc.string().map(tail => `ORACLE_${tail}`),
)

describe('loadConfig, given anything', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oracle-fuzz-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('answers with a configuration or with all its faults, and never with a secret', async () => {
    const settings = fc.record({
      file,
      env: fc.dictionary(variable, text, { maxKeys: 6 }),
      flags: fc.dictionary(fc.constantFrom<string>(...SETTING_NAMES), text, { maxKeys: 6 }),
    })
    const path = join(folder, 'oracle.json')
    const property = fc.asyncProperty(settings, async ({ file, env, flags }) => {
      await writeFile(path, file)
      const secret = 'f00d'.repeat(16)
      const planted = { ...env, ORACLE_OPERATOR_KEY: secret }
      const outcome = await loadConfig({ file: path, env: planted, flags }).then(
        config => JSON.stringify(redacted(config)),
        (error: unknown) => {
          if (!isFault(error, 'INVALID_CONFIG')) throw error
          for (const fault of error.data.faults)
            expect(Object.values(fault).every(part => typeof part === 'string' && part !== '')).to.equal(true)
          return error.message
        },
      )
      expect(outcome).to.not.contain(secret)
    })
    await fc.assert(property, { numRuns: 400 })
  })

  it('never shows what a secret setting was given', async () => {
    const secrets = SETTING_NAMES.filter(each => settingOf(each).secret)
    for (const each of secrets) {
      const planted = '\u0001 hunter2'
      await writeFile(join(folder, 'secret.json'), JSON.stringify({ [each]: planted }))
      const error: unknown = await loadConfig({
        file: join(folder, 'secret.json'),
        env: {},
        flags: {},
      }).catch(e => e)
      expect(isFault(error, 'INVALID_CONFIG'), each).to.equal(true)
      expect(JSON.stringify(error) + String(error)).to.not.contain('hunter2')
    }
  })
})
