import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { z } from 'zod'
import { deploymentSettings } from './deployment'
import { knownNames, unknownSetting, type ConfigFault } from './faults'
import { CONFIG_ENV, envOf, flagOf, SETTING_NAMES, settingOf, type SettingName } from './settings'

/** Where values come from. */
export interface ConfigSources {
  /** path of the configuration file, if there is one */
  file: string | undefined
  /** by the name of the setting */
  flags: Readonly<Record<string, string | undefined>>
  env: Readonly<Record<string, string | undefined>>
}

export interface Given {
  value: unknown
  /** how a fault names the place */
  from: string
}

export type Layer = Partial<Record<SettingName, Given>>

export function readFlags(flags: ConfigSources['flags']): Layer {
  return layerOf(name => {
    const text = flags[name]
    return text === undefined || text === ''
      ? undefined
      : valueOf(name, text, flagOf(name) ?? name, process.cwd())
  })
}

/** Variables that begin with ORACLE_ and that no setting has are faults; an empty one counts as not set. */
export function readEnvironment(env: ConfigSources['env'], faults: ConfigFault[]): Layer {
  const known = [CONFIG_ENV, ...SETTING_NAMES.flatMap(name => variablesOf(name))]
  for (const name of Object.keys(env)) {
    if (name.startsWith('ORACLE_') && env[name] !== '' && !known.includes(name))
      faults.push(unknownSetting(name, 'environment', known))
  }
  return layerOf(name => {
    const text = own(env, envOf(name))
    return text === undefined || text === '' ? undefined : valueOf(name, text, envOf(name), process.cwd())
  })
}

/** Secrets in files of their own. Those that a higher layer gives already are not read. */
export async function readSecretFiles(
  env: ConfigSources['env'],
  above: readonly Layer[],
  faults: ConfigFault[],
): Promise<Layer> {
  const layer: Layer = {}
  for (const name of SETTING_NAMES) {
    const variable = `${envOf(name)}_FILE`
    const path = settingOf(name).secret ? own(env, variable) : undefined
    if (!path || above.some(each => each[name])) continue
    const text = await readText(variable, path, faults)
    if (text !== undefined) layer[name] = valueOf(name, text.trim(), variable, dirname(path))
  }
  return layer
}

/** The configuration file, a JSON object. Its paths are relative to it. */
export async function readSettingsFile(file: string | undefined, faults: ConfigFault[]): Promise<Layer> {
  if (file === undefined) return {}
  const text = await readText('config', file, faults)
  if (text === undefined) return {}
  const json = parsed(text)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    const fix = 'see docs/oracle-config.md, or make one with "init"'
    const expected = 'a JSON object of settings'
    faults.push({ name: 'config', from: file, got: 'no JSON object', expected, fix })
    return {}
  }
  const from = basename(file)
  const folder = dirname(resolve(file))
  for (const name of Object.keys(json)) {
    if (name !== '$schema' && !knownNames.includes(name)) faults.push(unknownSetting(name, from, knownNames))
  }
  const layer = layerOf(name => {
    const value = own(json as Record<string, unknown>, name)
    return value === undefined ? undefined : { value: located(name, value, folder), from }
  })
  for (const name of SETTING_NAMES) {
    const path = settingOf(name).secret ? secretFile.safeParse(layer[name]?.value).data?.file : undefined
    const text = path && (await readText(name, resolve(folder, path), faults))
    if (text) layer[name] = valueOf(name, text.trim(), from, folder)
  }
  return layer
}

/** A secret of the configuration file may stand in a file of its own. */
export const secretFile = z.strictObject({ file: z.string().min(1) })

/** What a deployment record stands for. */
export async function readDeployment(path: unknown, faults: ConfigFault[]): Promise<Layer> {
  if (typeof path !== 'string') return {}
  const text = await readText('deployment', path, faults)
  if (text === undefined) return {}
  const settings = deploymentSettings(text)
  if (!settings) {
    const expected = 'open-datanets/deployment, version 2'
    const fix = 'name the system.json that "protocol:deploy" wrote'
    faults.push({ name: 'deployment', from: path, got: 'no deployment record', expected, fix })
    return {}
  }
  return layerOf(name => (settings[name] === undefined ? undefined : { value: settings[name], from: path }))
}

function variablesOf(name: SettingName): string[] {
  return settingOf(name).secret ? [envOf(name), `${envOf(name)}_FILE`] : [envOf(name)]
}

function layerOf(given: (name: SettingName) => Given | undefined): Layer {
  const entries = SETTING_NAMES.map(name => [name, given(name)] as const)
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined))
}

function valueOf(name: SettingName, text: string, from: string, base: string): Given {
  return { value: located(name, settingOf(name).read(text), base), from }
}

/** Paths become absolute; what has a scheme is no path. */
function located(name: SettingName, value: unknown, base: string): unknown {
  if (!settingOf(name).path) return value
  if (Array.isArray(value)) return value.map(entry => located(name, entry, base))
  return typeof value === 'string' && value !== '' && !/^[a-z0-9]+:\/\//.test(value)
    ? resolve(base, value)
    : value
}

/** An own property: a name such as "constructor" finds nothing. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readText(name: string, path: string, faults: ConfigFault[]): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const got = `a file that cannot be read (${error.code ?? error.name})`
    faults.push({ name, from: path, got, expected: 'a readable file', fix: 'check the path and its rights' })
    return undefined
  })
}
