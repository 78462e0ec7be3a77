/** What the demo, the benchmarks and other programs may use of the oracle; the service itself is started by main.ts. */
export * from './chain'
export * from './content'
export * from './domain'
export * from './errors'
export * from './pipeline'
export { DEFAULT_SCREENING_RULES, screen } from './screening'
export * from './settlement'
