import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Observe, ServiceEvent } from '../domain'
import { openChain } from './chain'
import type { Collector, OpenCollector } from './collector'
import { openComputation } from './computation'
import { openEpochs } from './epochs'
import { openServing } from './serving'
import { openTransactions } from './transactions'

export interface MetricsOptions {
  version: string
  /** of the configuration without its secrets, so that operators see who runs another one */
  configHash: string
  /** unix seconds */
  clock?: () => number
}

export interface Metrics {
  /** never throws */
  observe: Observe
  /** what Prometheus scrapes, in its text format */
  text(): Promise<string>
  contentType: string
}

const COLLECTORS: readonly OpenCollector[] = [
  openChain,
  openEpochs,
  openComputation,
  openTransactions,
  openServing,
]

/** Gauges that prom-client names like counters, which `promtool check metrics` refuses. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/**
 * The metrics of one service in a registry of its own, driven by its events alone. Every metric stands for itself: one
 * that cannot be collected is missing and counted in oracle_collector_failures_total, and blanks no other.
 * @param collectors to add to the service's own
 */
export function createMetrics(
  { version, configHash, clock = () => Date.now() / 1000 }: MetricsOptions,
  collectors: readonly OpenCollector[] = [],
): Metrics {
  const registry = new Registry()
  const failures = new Counter({
    name: 'oracle_collector_failures_total',
    help: 'Metrics that could not be collected, by the part of the service that they are of.',
    labelNames: ['collector'],
    registers: [registry],
  })
  info(registry, 'oracle_build_info', 'The version that runs.', { version, node: process.version })
  info(
    registry,
    'oracle_config_hash',
    'SHA-256 of the chain and the contracts that the configuration names.',
    {
      hash: configHash,
    },
  )
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const opened = [...COLLECTORS, ...collectors].map(open => open(registry, clock))
  return {
    observe: event => {
      for (const collector of opened)
        tell(collector, event, () => failures.inc({ collector: collector.name }))
    },
    async text() {
      const parts: string[] = []
      for (const { name } of registry.getMetricsAsArray()) {
        if (name === 'oracle_collector_failures_total') continue
        const part = await registry.getSingleMetricAsString(name).catch(() => undefined)
        if (part === undefined) failures.inc({ collector: name })
        else parts.push(part)
      }
      parts.push(await registry.getSingleMetricAsString('oracle_collector_failures_total'))
      return `${parts.join('\n\n')}\n`
    },
    contentType: registry.contentType,
  }
}

function tell({ on }: Collector, event: ServiceEvent, failed: () => void): void {
  const handle = on[event.kind] as ((event: ServiceEvent) => void) | undefined
  try {
    handle?.(event)
  } catch {
    failed()
  }
}

function info(registry: Registry, name: string, help: string, labels: Record<string, string>): void {
  new Gauge({ name, help, labelNames: Object.keys(labels), registers: [registry] }).set(labels, 1)
}
