import { invalidConfig, shown, waysTo, type ConfigFault } from './faults'
import { SETTING_NAMES, settingOf, type Config, type SettingName } from './settings'
import {
  readDeployment,
  readEnvironment,
  readFlags,
  readSecretFiles,
  readSettingsFile,
  type ConfigSources,
  type Given,
  type Layer,
} from './sources'

export type { ConfigSources } from './sources'

/** A configuration, and for every setting the place that decided it. */
export interface LoadedConfig {
  config: Config
  origins: Readonly<Record<string, string>>
}

/** Settings that stand for the same thing: the one that a higher layer gives counts, two in one layer are a fault. */
const ALTERNATIVES: readonly (readonly SettingName[])[] = [
  ['rpcUrls', 'rpcUrl'],
  ['operatorKey', 'keystore', 'signerUrl'],
]
/** A setting, and what it is useless without. */
const TOGETHER: readonly (readonly [SettingName, SettingName])[] = [
  ['keystore', 'keystorePassword'],
  ['signerUrl', 'signerAddress'],
  ['s3AccessKeyId', 's3SecretAccessKey'],
  ['s3SecretAccessKey', 's3AccessKeyId'],
]
/** One of each has to be given. */
const NEEDED: readonly (readonly [SettingName, SettingName])[] = [
  ['rpcUrls', 'rpcUrl'],
  ['storeFolder', 'databaseUrl'],
]

/**
 * Reads the configuration once: flag > environment > environment's _FILE > file > deployment record > default.
 * @returns a frozen configuration with absolute paths
 * @throws INVALID_CONFIG with all faults at once; secrets are never part of a fault
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  return (await loadWithOrigins(sources)).config
}

/** The same, with the place that every value came from. @throws INVALID_CONFIG */
export async function loadWithOrigins(sources: ConfigSources): Promise<LoadedConfig> {
  const { values, given } = await read(sources, SETTING_NAMES)
  const origins = SETTING_NAMES.map(name => [name, given[name]?.from ?? 'default'])
  return { config: Object.freeze(completed(values)), origins: Object.fromEntries(origins) }
}

/**
 * A part of the configuration, for a process that needs no more: settings beside it may be missing, but not wrong.
 * @throws INVALID_CONFIG
 */
export async function loadPart<N extends keyof Config & SettingName>(
  sources: ConfigSources,
  names: readonly N[],
): Promise<Pick<Config, N>> {
  const { values } = await read(sources, names)
  return Object.freeze(completed(values))
}

async function read(
  { file, flags, env }: ConfigSources,
  needed: readonly SettingName[],
): Promise<{ values: Values; given: Layer }> {
  const faults: ConfigFault[] = []
  const outside = [readFlags(flags), readEnvironment(env, faults)]
  const secrets = await readSecretFiles(env, outside, faults)
  const before = faults.length
  const layers = [outside[0]!, { ...secrets, ...outside[1] }, await readSettingsFile(file, faults)]
  // a file that says nothing is one fault, and not one for everything that it would have said
  const silent = faults.slice(before).some(({ name }) => name === 'config')
  refuseRivals(layers, faults)
  const recorded = await readDeployment(layers.find(layer => layer.deployment)?.deployment?.value, faults)
  const given = merged([...layers, recorded])
  const unread = given.deployment !== undefined && Object.keys(recorded).length === 0
  const unnamed = !silent && namesNoSystem(given, needed)
  if (unnamed) faults.push(wrong('deployment', undefined, settingOf('deployment').expected))
  const wanted = unread || unnamed ? needed.filter(name => !isRecorded(name)) : needed
  const values = parse(given, silent ? [] : wanted, faults)
  if (faults.length === 0) refuseUnrelated(values, given, faults)
  if (faults.length > 0) throw invalidConfig(faults, file)
  return { values, given }
}

function refuseRivals(layers: readonly Layer[], faults: ConfigFault[]): void {
  for (const names of ALTERNATIVES) {
    for (const layer of layers) {
      const both = names.filter(name => layer[name])
      if (both.length < 2) continue
      const from = layer[both[0]!]!.from
      const got = both.join(' and ')
      faults.push({ name: both[0]!, from, got, expected: 'one of them', fix: 'remove all but one' })
    }
  }
}

/** The highest layer that says something of a setting, or of one that stands for the same, decides. */
function merged(layers: readonly Layer[]): Layer {
  const given: Layer = {}
  for (const layer of layers) {
    const above = { ...given }
    for (const name of SETTING_NAMES) {
      const rivals = ALTERNATIVES.find(names => names.includes(name)) ?? [name]
      if (layer[name] && rivals.every(rival => !above[rival])) given[name] = layer[name]
    }
  }
  return given
}

type Values = Partial<Record<SettingName, unknown>>

function parse(given: Layer, needed: readonly SettingName[], faults: ConfigFault[]): Values {
  const values: Values = {}
  for (const name of SETTING_NAMES) {
    const { schema, expected } = settingOf(name)
    if (!given[name] && (isOneOfNeeded(name) || !needed.includes(name))) continue
    const parsed = schema.safeParse(given[name]?.value)
    if (parsed.success) values[name] = parsed.data
    else faults.push(wrong(name, given[name], expected))
  }
  for (const [one, other] of NEEDED) {
    if (given[one] || given[other] || !needed.includes(one)) continue
    faults.push({ ...wrong(one, undefined, settingOf(one).expected), fix: `set ${waysTo(one)}, or ${other}` })
  }
  return values
}

/** Neither a record nor a contract: that is one fault, too. */
function namesNoSystem(given: Layer, needed: readonly SettingName[]): boolean {
  const contracts = needed.filter(name => settingOf(name).group === 'contracts')
  return contracts.length > 0 && !given.deployment && !contracts.some(name => given[name])
}

/** A record that cannot be read is one fault, and not one for everything that it would have said. */
const isRecorded = (name: SettingName): boolean => settingOf(name).fallback === 'the deployment record'
const isOneOfNeeded = (name: SettingName): boolean => NEEDED.some(names => names.includes(name))

function wrong(name: SettingName, given: Given | undefined, expected: string): ConfigFault {
  const fix = given ? 'change it there' : `set ${waysTo(name)}`
  return { name, from: given?.from ?? 'not set', got: shown(name, given?.value), expected, fix }
}

/** Settings that are well-formed alone and make no sense together. */
function refuseUnrelated(values: Values, given: Layer, faults: ConfigFault[]): void {
  for (const [name, needed] of TOGETHER) {
    if (values[name] === undefined || values[needed] !== undefined) continue
    const expected = `it is needed with ${name}`
    faults.push({ name: needed, from: 'not set', got: 'nothing', expected, fix: `set ${waysTo(needed)}` })
  }
  const buckets = (values.contentStores as string[] | undefined)?.some(each => each.startsWith('s3://'))
  if (buckets && values.s3AccessKeyId === undefined)
    faults.push(wrong('s3AccessKeyId', undefined, 'it is needed for s3:// content stores'))
  const endpoints = endpointsOf(values).length
  const { crossCheck } = values
  if (typeof crossCheck === 'number' && crossCheck > endpoints)
    faults.push(wrong('crossCheck', given.crossCheck, `at most the number of endpoints, ${endpoints}`))
}

const endpointsOf = ({ rpcUrls, rpcUrl }: Values): readonly unknown[] =>
  Array.isArray(rpcUrls) ? rpcUrls : [rpcUrl]

function completed(values: Values): Config {
  const { rpcUrl: _, storeFolder, ...rest } = values
  const rpcUrls = endpointsOf(values)
  return {
    ...rest,
    rpcUrls,
    storeFolder: values.databaseUrl === undefined ? storeFolder : undefined,
    crossCheck: values.crossCheck ?? Math.min(2, rpcUrls.length),
    contentStores: values.contentStores ?? [values.contentFolder],
  } as Config
}
