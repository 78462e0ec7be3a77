import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { AttributionOracleError } from '../errors'
import { deploymentSettings } from './deployment'
import { SETTING_NAMES, settingOf, type Config, type SettingName } from './settings'

export interface ConfigSources {
  /** path of the configuration file, if there is one */
  file: string | undefined
  flags: Readonly<Record<string, string | undefined>>
  env: Readonly<Record<string, string | undefined>>
}

interface Fault {
  name: string
  got: string
  expected: string
}

/**
 * Reads the configuration once: flag > environment > environment's _FILE > file > deployment record > default.
 * @returns a frozen configuration with absolute paths
 * @throws INVALID_CONFIG with all faults at once; secrets are never part of a fault
 */
export async function loadConfig({ file, flags, env }: ConfigSources): Promise<Config> {
  const faults: Fault[] = []
  const fromFile = await readSettingsFile(file, faults)
  const values: Partial<Record<SettingName, unknown>> = {}
  for (const name of SETTING_NAMES) {
    const base = settingOf(name)
    const outside = flags[name] ?? env[base.env] ?? (base.secret && (await readSecret(base.env, env, faults)))
    const value = outside || fromFile[name]
    const folder = outside || file === undefined ? process.cwd() : dirname(file)
    values[name] = base.path && typeof value === 'string' ? resolve(folder, value) : value
  }
  const recorded = await readDeployment(values.deployment, faults)
  const config: Record<string, unknown> = {}
  for (const name of SETTING_NAMES) {
    const { schema, expected, secret } = settingOf(name)
    const value = values[name] ?? recorded[name]
    const parsed = schema.safeParse(value)
    if (parsed.success) config[name] = parsed.data
    else
      faults.push({
        name,
        got: value === undefined ? 'nothing' : secret ? '(secret)' : String(value),
        expected,
      })
  }
  if (faults.length > 0) throw invalid(faults)
  return Object.freeze(config) as Config
}

/** The configuration as it may be printed: secrets say only whether they are set. */
export function redacted(config: Config): Record<string, unknown> {
  const entries = SETTING_NAMES.map(name => {
    const value = config[name]
    return [name, settingOf(name).secret ? (value === undefined ? '(not set)' : '(set)') : (value ?? null)]
  })
  return Object.fromEntries(entries)
}

async function readSettingsFile(file: string | undefined, faults: Fault[]): Promise<Record<string, unknown>> {
  if (file === undefined) return {}
  const text = await readText('config', file, faults)
  if (text === undefined) return {}
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
      for (const name of Object.keys(json).filter(key => !SETTING_NAMES.includes(key as SettingName))) {
        faults.push({ name, got: 'a setting that does not exist', expected: 'no such setting' })
      }
      return json as Record<string, unknown>
    }
  } catch {
    // the fault below names the file
  }
  faults.push({ name: 'config', got: `${file} is not a JSON object`, expected: 'a JSON object of settings' })
  return {}
}

async function readSecret(
  name: string,
  env: ConfigSources['env'],
  faults: Fault[],
): Promise<string | undefined> {
  const path = env[`${name}_FILE`]
  return path === undefined ? undefined : (await readText(`${name}_FILE`, path, faults))?.trim()
}

async function readDeployment(
  path: unknown,
  faults: Fault[],
): Promise<Partial<Record<SettingName, unknown>>> {
  if (typeof path !== 'string') return {}
  const text = await readText('deployment', path, faults)
  if (text === undefined) return {}
  const settings = deploymentSettings(text)
  if (!settings)
    faults.push({
      name: 'deployment',
      got: `${path} is no deployment record`,
      expected: 'open-datanets/deployment, version 2',
    })
  return settings ?? {}
}

async function readText(name: string, path: string, faults: Fault[]): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => {
    faults.push({ name, got: `${path} cannot be read`, expected: 'a readable file' })
    return undefined
  })
}

function invalid(faults: readonly Fault[]): AttributionOracleError {
  const lines = faults.map(({ name, got, expected }) => `${name}: got ${got}, expected ${expected}`)
  return new AttributionOracleError(
    'INVALID_CONFIG',
    {
      what: `The configuration has ${faults.length} fault${faults.length > 1 ? 's' : ''}\n  ${lines.join('\n  ')}`,
    },
    { faults },
  )
}
