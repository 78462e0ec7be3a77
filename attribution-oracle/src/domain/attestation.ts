/** The word of one operator for a post: what the oracle contract counts towards a quorum. */
export interface Attestation {
  chainId: number
  /** the AttributionOracle that the signature is for */
  oracle: string
  epoch: number
  operator: string
  /** what was signed: AttributionOracle.attestationDigest of the post */
  digest: `0x${string}`
  /** 64 bytes (EIP-2098) */
  signature: `0x${string}`
}

/** The operators of an epoch; any `faults + 1` of them can post together. */
export interface Operators {
  members: readonly string[]
  faults: number
}
