import { canonicalBytes, type Digest, sha256 } from '@open-datanets/content-store'

/**
 * What one request consumed: a link of the hash chain of one payer at one model. `promptTokens` and `outputTokens` are
 * the ids that the model read and wrote; amounts are wei as decimal strings, `cumulative` includes this receipt.
 */
export interface Receipt {
  /** position in the chain, from 0 */
  sequence: number
  requestId: string
  modelId: number
  adapter: Digest | null
  promptTokens: readonly number[]
  outputTokens: readonly number[]
  price: string
  cumulative: string
  /** digest of the receipt before, NO_RECEIPT for the first */
  previous: Digest
  digest: Digest
}

export const NO_RECEIPT: Digest = `0x${'00'.repeat(32)}`

/** SHA-256 of the canonical JSON of the receipt without its digest. */
export function receiptDigest(receipt: Omit<Receipt, 'digest'> & { digest?: Digest }): Digest {
  const { digest: _, ...content } = receipt
  return sha256(canonicalBytes(content))
}
