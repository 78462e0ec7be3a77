export * from './loadConfig'
export * from './settings'
