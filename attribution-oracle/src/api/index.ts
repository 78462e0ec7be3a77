export type { ApiOptions } from './options'
export { startApi, type Api } from './startApi'
export { startProbes } from './startProbes'
