import type { BlockRef } from '../domain'
import { AttributionOracleError } from '../errors'
import { headerFrom } from './agreement'
import { EndpointFault } from './endpointFault'
import type { Header } from './answers'
import type { Endpoint } from './endpoint'
import type { RpcPool } from './rpcPool'

/**
 * Checks that a block which was final when it was stored is still on the chain. Endpoints that are healthy and show
 * another block are asked against the others: one that still shows ours puts them in the wrong.
 * @throws REORG_BELOW_FINALITY when no endpoint shows it any more, RPC_FAILED when none can be asked
 */
export async function expectStored(pool: RpcPool, block: BlockRef, signal?: AbortSignal): Promise<void> {
  pool.expectBlock(block.number)
  const ask = async (endpoint: Endpoint): Promise<Header> => {
    const header = await headerFrom(endpoint, block.number)
    if (!header) throw new EndpointFault('behind', 'behind', `has no block ${block.number}, which was final`)
    return header
  }
  const [first] = await pool.gather(1, ask, signal)
  if (first!.answer.hash === block.hash) return
  const all = await pool.askAll(ask)
  const others = all.filter(({ answer }) => answer.hash !== block.hash)
  if (others.length === all.length) throw reorganised(block, first!.answer, pool.endpoints.length, all.length)
  for (const { endpoint, answer } of others) {
    const reason = `shows ${answer.hash} as block ${block.number}, which was final as ${block.hash}`
    endpoint.failed(new EndpointFault('foreign', 'fork', reason))
  }
}

function reorganised(
  { number, hash }: BlockRef,
  { hash: got }: Header,
  endpoints: number,
  asked: number,
): AttributionOracleError {
  return new AttributionOracleError(
    'REORG_BELOW_FINALITY',
    {
      what: `Block ${number} was final when it was read, and is no longer on the chain`,
      got: `${got}, from all ${asked} healthy of ${endpoints} endpoints`,
      expected: hash,
      fix:
        'nothing was rewritten and nothing will be. If the endpoints serve the wrong fork, replace them and start ' +
        'again; if the chain itself was rolled back, agree with the other operators before using a new database',
    },
    { block: number, got, expected: hash },
  )
}
