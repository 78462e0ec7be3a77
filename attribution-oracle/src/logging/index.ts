export {
  createLogger,
  LOG_LEVELS,
  type LogDestination,
  type Logger,
  type LogLevel,
  type LogOptions,
} from './createLogger'
export { nextStep } from './nextStep'
export { logFault, observeLog } from './observeLog'
export { createRedact, REDACTED } from './redact'
