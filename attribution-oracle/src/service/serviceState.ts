import type { Observe, ServiceEvent } from '../domain'

export interface Readiness {
  ready: boolean
  /** why it is not; empty when it is */
  reasons: string[]
}

/** What `/ready`, `/status` and the event stream show of a running service. */
export interface ServiceState {
  observe: Observe
  ready(): Readiness
  /** plain values: epochs, blocks, endpoints, peers and failures as they were told last */
  status(): Record<string, unknown>
  /** @returns what ends the subscription */
  subscribe(listener: Observe): () => void
}

type EventOf<K extends ServiceEvent['kind']> = Extract<ServiceEvent, { kind: K }>

/** Holds what the newest events said. A service that has not finished its first cycle is not ready. */
export function createServiceState(): ServiceState {
  const listeners = new Set<Observe>()
  const epochs = new Map<number, EventOf<'epoch'> | undefined>()
  const deadlines = new Map<number, number>()
  const verified = new Map<number, EventOf<'verified'>>()
  const endpoints = new Map<string, EventOf<'endpoint'>>()
  const peers = new Map<string, EventOf<'peer'>>()
  const failures = new Map<string, EventOf<'failed'>>()
  let blocks: EventOf<'blocks'> | undefined
  let cycle: EventOf<'cycle'> | undefined

  const keep = (event: ServiceEvent): void => {
    if (event.kind === 'epoch') epochs.set(event.epoch, event)
    if (event.kind === 'deadline') deadlines.set(event.epoch, event.at)
    if (event.kind === 'verified') verified.set(event.epoch, event)
    if (event.kind === 'endpoint') endpoints.set(event.endpoint, event)
    if (event.kind === 'peer') peers.set(event.peer, event)
    if (event.kind === 'failed') failures.set(event.step, event)
    if (event.kind === 'blocks') blocks = event
    if (event.kind === 'cycle') {
      cycle = event
      for (const step of failures.keys()) if (!event.failed.includes(step)) failures.delete(step)
    }
  }

  const reasons = (): string[] => {
    const down = [...endpoints.values()].filter(({ up }) => !up)
    return [
      ...(cycle ? [] : ['the first cycle is not finished']),
      ...[...failures.values()].map(({ step, message }) => `${step}: ${message.split('\n')[0]}`),
      ...(down.length > 0 && down.length === endpoints.size
        ? [`no RPC endpoint answers: ${down.map(({ endpoint }) => endpoint).join(', ')}`]
        : []),
    ]
  }

  return {
    observe(event) {
      keep(event)
      for (const listener of listeners) listener(event)
    },
    ready() {
      const why = reasons()
      return { ready: why.length === 0, reasons: why }
    },
    status() {
      const states = [...epochs].map(([epoch, event]) => {
        const { agrees, part } = verified.get(epoch) ?? {}
        return {
          epoch,
          state: event?.state,
          reason: event?.reason ?? null,
          deadline: deadlines.get(epoch) ?? null,
          agrees: agrees ?? null,
          differsIn: part ?? null,
        }
      })
      return {
        ready: reasons().length === 0,
        reasons: reasons(),
        blocks: blocks ?? null,
        epochs: states,
        endpoints: [...endpoints.values()],
        peers: [...peers.values()],
        failures: [...failures.values()],
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
