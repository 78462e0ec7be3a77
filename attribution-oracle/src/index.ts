/** What the demo, the benchmarks and other programs may use of the oracle; the service itself is started by main.ts. */
export * from './chain'
export * from './content'
export * from './domain'
export * from './errors'
export * from './pipeline'
export { payable, toWeights } from './scoring'
export { DEFAULT_SCREENING_RULES, screen, screenSamples } from './screening'
export * from './settlement'
