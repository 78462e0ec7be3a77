export type { Lock, ServiceDeps, ServiceOptions, VerificationLog } from './dependencies'
export { runService } from './runService'
export { expectLock, SendingRight } from './sendingRight'
export { createServiceState, type Readiness, type ServiceState } from './serviceState'
