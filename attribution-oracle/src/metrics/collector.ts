import type { Registry } from 'prom-client'
import type { ServiceEvent } from '../domain'

export type Kind = ServiceEvent['kind']

/** What a collector does with the events that it listens to. */
export type Handlers = { [K in Kind]?: (event: Extract<ServiceEvent, { kind: K }>) => void }

/** Metrics that belong together and are driven by the same events. */
export interface Collector {
  name: string
  on: Handlers
}

/** @param clock unix seconds */
export type OpenCollector = (registry: Registry, clock: () => number) => Collector

/** Buckets in seconds: from a fast request to a slow stage. */
export const REQUEST_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60]
export const STAGE_BUCKETS = [0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 43_200]
