const DEVELOPMENT_CHAINS: readonly bigint[] = [31337n, 1337n]

/**
 * Whether a chain is one that is thrown away: nothing on it is worth anything, and it may be started anew at any time.
 * The number alone decides, so that no file can declare a real chain to be one.
 */
export function isDevelopmentChain(chainId: bigint | number): boolean {
  return DEVELOPMENT_CHAINS.includes(BigInt(chainId))
}
