import { Counter, Gauge, Histogram } from 'prom-client'
import { REQUEST_BUCKETS, type OpenCollector } from './collector'
import { BoundedLabel, hostLabel } from './labels'

/** How well the chain can be read. */
export const openChain: OpenCollector = registry => {
  const registers = [registry]
  const [endpoints, methods, codes] = [
    new BoundedLabel(16, hostLabel),
    new BoundedLabel(40),
    new BoundedLabel(40),
  ]
  const block = new Gauge({
    name: 'oracle_block_number',
    help: 'Number of the newest block that is head, safe, finalized, and read into the index.',
    labelNames: ['block'],
    registers,
  })
  const requests = new Histogram({
    name: 'oracle_rpc_request_seconds',
    help: 'Duration of JSON-RPC requests by method, host of the endpoint, and outcome.',
    labelNames: ['method', 'endpoint', 'code'],
    buckets: REQUEST_BUCKETS,
    registers,
  })
  const up = new Gauge({
    name: 'oracle_rpc_endpoint_up',
    help: 'Whether an endpoint is used: 1, or 0 while it is refused.',
    labelNames: ['endpoint'],
    registers,
  })
  const reorgs = new Counter({
    name: 'oracle_reorgs_total',
    help: 'Reorganisations that were seen above finality.',
    registers,
  })
  const depth = new Gauge({
    name: 'oracle_reorg_depth',
    help: 'Blocks that the last reorganisation replaced.',
    registers,
  })
  const events = new Counter({
    name: 'oracle_indexed_events_total',
    help: 'Events of finalized blocks that were read into the index.',
    registers,
  })
  const seconds = new Counter({
    name: 'oracle_indexing_seconds_total',
    help: 'Time spent on reading events.',
    registers,
  })
  return {
    name: 'chain',
    on: {
      blocks: ({ head, safe, finalized, indexed }) => {
        for (const [name, number] of Object.entries({ head, safe, finalized, indexed }))
          block.set({ block: name }, number)
      },
      rpc: ({ method, endpoint, code, seconds: taken }) =>
        requests.observe(
          { method: methods.of(method), endpoint: endpoints.of(endpoint), code: codes.of(code) },
          taken,
        ),
      endpoint: ({ endpoint, up: healthy }) => up.set({ endpoint: endpoints.of(endpoint) }, healthy ? 1 : 0),
      reorg: ({ depth: blocks }) => {
        reorgs.inc()
        depth.set(blocks)
      },
      indexed: ({ events: read, seconds: taken }) => {
        events.inc(read)
        seconds.inc(taken)
      },
    },
  }
}
