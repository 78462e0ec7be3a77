export { openNatsRunner, type NatsRunnerOptions } from './natsRunner'
export { openQuarantine, type Quarantine } from './quarantine'
export { runWorker, type WorkerOptions } from './worker'
