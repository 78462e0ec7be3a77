import { Counter, Histogram } from 'prom-client'
import { REQUEST_BUCKETS, type OpenCollector } from './collector'
import { BoundedLabel, hostLabel } from './labels'

/** What others get from us, what we get from the content stores, and what failed. */
export const openServing: OpenCollector = registry => {
  const registers = [registry]
  const [routes, stores] = [new BoundedLabel(48), new BoundedLabel(8, storeLabel)]
  const [steps, codes] = [new BoundedLabel(32), new BoundedLabel(64)]
  const requests = new Histogram({
    name: 'oracle_http_request_seconds',
    help: 'Duration of HTTP requests by route and status.',
    labelNames: ['route', 'status'],
    buckets: REQUEST_BUCKETS,
    registers,
  })
  const proofs = new Counter({
    name: 'oracle_proofs_served_total',
    help: 'Proofs of claims that were served.',
    registers,
  })
  const operations = new Counter({
    name: 'oracle_content_operations_total',
    help: 'Reads and writes of the content stores by outcome.',
    labelNames: ['store', 'operation', 'result'],
    registers,
  })
  const bytes = new Counter({
    name: 'oracle_content_bytes_total',
    help: 'Bytes that were read from and written to the content stores.',
    labelNames: ['operation'],
    registers,
  })
  const failures = new Counter({
    name: 'oracle_failures_total',
    help: 'Steps of the service that failed, by the code of the fault.',
    labelNames: ['step', 'code'],
    registers,
  })
  return {
    name: 'serving',
    on: {
      request: ({ route, status, seconds }) =>
        requests.observe({ route: routes.of(route), status: String(statusOf(status)) }, seconds),
      proofs: ({ served }) => proofs.inc(served),
      content: ({ store, operation, result, bytes: moved }) => {
        operations.inc({ store: stores.of(store), operation, result })
        if (result !== 'error') bytes.inc({ operation }, moved)
      },
      failed: ({ step, code }) => failures.inc({ step: steps.of(step), code: codes.of(code) }),
    },
  }
}

function statusOf(status: number): number {
  return Number.isInteger(status) && status >= 100 && status < 600 ? status : 0
}

/** A gateway or a bucket by its host, a folder as what it is: its path is nobody's business. */
function storeLabel(store: string): string {
  return store.includes('/') && !store.includes('://') ? 'folder' : hostLabel(store)
}
