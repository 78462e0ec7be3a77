import { getBytes, verifyMessage } from 'ethers'
import type { Digest } from '../domain'

/** The account that signed a digest (EIP-191), or undefined when the signature is none. */
export function signerOfDigest(digest: Digest, signature: string): string | undefined {
  try {
    return verifyMessage(getBytes(digest), signature)
  } catch {
    return undefined
  }
}
