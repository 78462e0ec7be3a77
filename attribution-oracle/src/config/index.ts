export { readRecord, type DeploymentFacts } from './deployment'
export * from './loadConfig'
export { configDigest, redacted } from './redacted'
export { configJsonSchema, configReference } from './reference'
export {
  CONFIG_ENV,
  envOf,
  flagOf,
  SETTING_NAMES,
  SETTINGS,
  settingOf,
  type Config,
  type SettingName,
} from './settings'
