import { expect } from 'chai'
import { readdir } from 'node:fs/promises'
import { CONFIG_ENV, envOf, SETTING_NAMES, settingOf } from '../../src/config'
import { OPS, opsFile, runbook } from './ops'

/** Every variable of the oracle that a text names, without the words of a sentence around it. */
const namedIn = (text: string): string[] => text.match(/\bORACLE_[A-Z0-9_]+\b/g) ?? []

describe('the settings that ops names', () => {
  const known = new Set([
    CONFIG_ENV,
    ...SETTING_NAMES.map(envOf),
    ...SETTING_NAMES.filter(name => settingOf(name).secret).map(name => `${envOf(name)}_FILE`),
  ])

  it('are settings of the schema, files for secrets alone', async () => {
    const entries = await readdir(OPS, { recursive: true, withFileTypes: true })
    const files = entries
      .filter(entry => entry.isFile())
      .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(OPS.length + 1))
    const texts = await Promise.all(files.map(async file => [file, await opsFile(file)] as const))
    const named = texts.flatMap(([file, text]) => namedIn(text).map(name => ({ file, name })))
    expect(named.map(({ file }) => file)).to.include.members([
      'Dockerfile',
      'compose.yaml',
      'systemd/attribution-oracle.service',
      'systemd/attribution-oracle-worker@.service',
    ])
    expect(named.filter(({ name }) => !known.has(name))).to.deep.equal([])
  })

  it('are those of the run book, too', async () => {
    expect(namedIn(await runbook()).filter(name => !known.has(name))).to.deep.equal([])
  })
})
