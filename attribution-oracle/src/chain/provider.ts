import { RpcPool, type EndpointOptions } from './rpcPool'

export { RpcPool, type EndpointOptions } from './rpcPool'

/**
 * A provider without surprises: an endpoint is asked only while it serves the configured chain up to what was seen of it,
 * nothing is answered from a cache, and a mined transaction is noticed within `pollMs`.
 */
export function openProvider(options: EndpointOptions): RpcPool {
  return new RpcPool(options)
}
