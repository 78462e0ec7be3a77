import autocannon from 'autocannon'
import { addressOf } from '../ledgerTree/accounts'

const CONNECTIONS = 64
const SAMPLE = 50_000

export interface Load {
  /** mean over the seconds of the run */
  perSecond: number
  /** milliseconds */
  p50: number
  p99: number
  /** answers that were no 200, or none */
  failed: number
}

/** Asks one route for accounts that are in no order, over connections that stay. */
async function main([url = '', route = '', seconds = '', leaves = '']: readonly string[]): Promise<void> {
  const count = Number(leaves)
  const paths = Array.from({ length: Math.min(SAMPLE, count) }, (_, i) =>
    route.replace(':address', addressOf((i * 7919 + 13) % count)),
  )
  let at = 0
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: Number(seconds),
    requests: [{ setupRequest: request => ({ ...request, path: paths[at++ % paths.length]! }) }],
  })
  const { requests, latency, non2xx, errors, timeouts } = result
  const load: Load = {
    perSecond: requests.average,
    p50: latency.p50,
    p99: latency.p99,
    failed: non2xx + errors + timeouts,
  }
  process.send?.(load)
}

void main(process.argv.slice(2))
