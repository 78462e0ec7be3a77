import autocannon from 'autocannon'

const CONNECTIONS = 16
/** Far below what it can do: this is about what stays, not about how fast. */
const A_SECOND = 200

export interface SoakLoad {
  answered: number
  /** milliseconds, of answers of all kinds */
  p50: number
  p99: number
  most: number
  failed: number
}

/** Asks what wallets, explorers and monitors ask, at a steady rate. */
async function main([url = '', seconds = '', accounts = '']: readonly string[]): Promise<void> {
  const paths = accounts
    .split(',')
    .flatMap(account => [
      ...[`/v1/users/${account}/rewards`, `/v1/proofs/${account}`, `/v1/calldata/${account}`],
      ...['/v1/epochs?limit=20', '/v1/contributions?limit=20', '/v1/epochs/1/manifest', '/status'],
      ...[`/v1/contributions?account=${account}`, '/v1/metrics/history', '/v1/models'],
    ])
  let at = 0
  const { requests, latency, non2xx, errors, timeouts } = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: Number(seconds),
    overallRate: A_SECOND,
    requests: [{ setupRequest: request => ({ ...request, path: paths[at++ % paths.length]! }) }],
  })
  const load: SoakLoad = {
    answered: requests.total,
    p50: latency.p50,
    p99: latency.p99,
    most: latency.max,
    failed: non2xx + errors + timeouts,
  }
  process.send?.(load)
}

void main(process.argv.slice(2))
