import { z } from 'zod'
import { CHAIN_SETTINGS } from './chainSettings'
import {
  DATA_SETTINGS,
  FEE_SETTINGS,
  HTTP_SETTINGS,
  LOG_SETTINGS,
  OPERATOR_SETTINGS,
  SCORING_SETTINGS,
} from './serviceSettings'
import type { Setting } from './setting'

/** Every setting of the oracle by its name in the configuration file. */
export const SETTINGS = {
  ...CHAIN_SETTINGS,
  ...DATA_SETTINGS,
  ...SCORING_SETTINGS,
  ...OPERATOR_SETTINGS,
  ...FEE_SETTINGS,
  ...HTTP_SETTINGS,
  ...LOG_SETTINGS,
} as const

export type SettingName = keyof typeof SETTINGS
type Parsed = { [N in SettingName]: z.output<(typeof SETTINGS)[N]['schema']> }

/** The configuration as the program reads it: paths are absolute, and what follows from other settings is filled in. */
export type Config = Readonly<
  Omit<Parsed, 'rpcUrl' | 'contentStores' | 'crossCheck'> & {
    contentStores: readonly string[]
    crossCheck: number
  }
>

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]
export const settingOf = (name: SettingName): Setting => SETTINGS[name]

/** ORACLE_ and the name in upper snake case. */
export const envOf = (name: SettingName): string => `ORACLE_${snake(name).toUpperCase()}`

/** The name in kebab case; undefined for what must not stand on a command line. */
export const flagOf = (name: SettingName): string | undefined =>
  settingOf(name).unflagged ? undefined : `--${snake(name).replaceAll('_', '-')}`

/** The environment variable that names the configuration file itself. */
export const CONFIG_ENV = 'ORACLE_CONFIG'

function snake(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
