import { JsonRpcProvider, Network } from 'ethers'

/**
 * A provider without surprises: the chain id is the configured one (and checked by the reader), nothing is answered from
 * a cache, nothing waits to be sent along with something else, and a mined transaction is noticed within `pollMs`.
 */
export function openProvider(rpcUrl: string, chainId: number, pollMs: number): JsonRpcProvider {
  const options = {
    staticNetwork: Network.from(chainId),
    cacheTimeout: -1,
    pollingInterval: pollMs,
    batchStallTime: 0,
  }
  return new JsonRpcProvider(rpcUrl, undefined, options)
}
