/** Where the operator's key is. Secrets: nothing of it but the address is ever printed. */
export type KeySource =
  | { kind: 'private'; key: string }
  /** the text of a keystore V3 file (Web3 Secret Storage) and its password */
  | { kind: 'keystore'; json: string; password: string }
  /** a web3signer, or whatever answers `eth_signTransaction` */
  | { kind: 'remote'; url: string; address: string }

/** An EIP-1559 transaction to be signed; amounts in wei. */
export interface UnsignedTransaction {
  chainId: bigint
  nonce: number
  to: string
  value: bigint
  data: string
  gasLimit: bigint
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
}

/** A struct to be signed (EIP-712); `types` without EIP712Domain. */
export interface TypedData {
  domain: { name: string; version: string; chainId: number; verifyingContract: string }
  types: Record<string, { name: string; type: string }[]>
  primaryType: string
  message: Record<string, unknown>
}

/**
 * Signs in the name of one account. What it gives was checked: it recovers to `address` and says what was asked.
 */
export interface OracleSigner {
  /** with its checksum */
  readonly address: string
  /** @returns the raw transaction. @throws SIGNER_FAILED, SIGNER_LIED */
  signTransaction(transaction: UnsignedTransaction): Promise<string>
  /** @returns 65 bytes. @throws SIGNER_FAILED, SIGNER_LIED */
  signTypedData(data: TypedData): Promise<string>
}
