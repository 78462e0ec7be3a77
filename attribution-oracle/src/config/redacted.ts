import { canonicalBytes, sha256, type Digest } from '../domain'
import { SETTING_NAMES, settingOf, type Config, type SettingName } from './settings'

/** The configuration as it may be printed: secrets say only whether they are set. */
export function redacted(config: Partial<Config>): Record<string, unknown> {
  const values: Partial<Record<SettingName, unknown>> = config
  const entries = SETTING_NAMES.filter(name => name !== 'rpcUrl').map(name => {
    const value = values[name]
    const secret = Array.isArray(value) ? `(${value.length} set)` : '(set)'
    if (settingOf(name).secret) return [name, value === undefined ? '(not set)' : secret]
    return [name, value ?? null]
  })
  return Object.fromEntries(entries)
}

/**
 * SHA-256 of the settings that all who compute the same epochs share: the chain and its contracts. Folders, ports, keys
 * and endpoints are each process's own.
 */
export function configDigest(config: Partial<Config>): Digest {
  const values: Partial<Record<SettingName, unknown>> = config
  const shared = SETTING_NAMES.filter(name => name === 'chainId' || settingOf(name).group === 'contracts')
  return sha256(canonicalBytes(Object.fromEntries(shared.map(name => [name, values[name] ?? null]))))
}
