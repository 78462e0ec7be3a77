import type { Observe, ServiceEvent } from '../domain'
import { AttributionOracleError } from '../errors'
import type { Logger } from './createLogger'
import { entryOf } from './entry'
import { nextStep } from './nextStep'

/** Stages and states of the same thing that are told once, until they change. */
const MOST_REMEMBERED = 1024

/**
 * Writes the log of a service from its events: one line for each that a person wants to read. What is said again and
 * again while nothing changes (an epoch that waits, a peer that cannot be reached) is said once. Never throws.
 */
export function observeLog(logger: Logger): Observe {
  const said = new Map<string, string>()
  return event => {
    try {
      const { level, message, fields } = entryOf(event)
      const topic = topicOf(event)
      if (topic !== undefined) {
        if (said.get(topic) === message) return
        if (said.size >= MOST_REMEMBERED) said.clear()
        said.set(topic, message)
      }
      logger[level](fields, message)
    } catch (error) {
      logger.error({ event: 'log' }, `an event could not be logged: ${String(error)}`)
    }
  }
}

/** Logs a failure that ends what was under way: code, what to do, and the causes behind it. */
export function logFault(logger: Logger, error: unknown, step: string): void {
  const code = error instanceof AttributionOracleError ? error.code : 'UNEXPECTED'
  const fields = { event: 'fault', step, code, next: nextStep(code), causes: causesOf(error) }
  const known = error instanceof AttributionOracleError
  const stack = !known && error instanceof Error ? { stack: error.stack } : {}
  logger.fatal({ ...fields, ...stack }, `${step} ended: ${textOf(error)}`)
}

function causesOf(error: unknown): string[] {
  const causes: string[] = []
  let cause = error instanceof Error ? error.cause : undefined
  while (cause !== undefined && causes.length < 5) {
    causes.push(textOf(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return causes
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function topicOf(event: ServiceEvent): string | undefined {
  if (event.kind === 'epoch') return `epoch ${event.epoch}`
  if (event.kind === 'peer') return `peer ${event.peer} ${event.epoch}`
  if (event.kind === 'endpoint') return `endpoint ${event.endpoint}`
  if (event.kind === 'queue') return `queue ${event.queue}`
  if (event.kind === 'model') return `model ${event.modelId}`
  return event.kind === 'nonce' ? `nonce ${event.address}` : undefined
}
