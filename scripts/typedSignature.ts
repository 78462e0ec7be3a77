import {
  TypedDataEncoder,
  verifyTypedData,
  type Signer,
  type TypedDataDomain,
  type TypedDataField,
} from 'ethers'

import { ProtocolError } from './errors'

/** Something to sign under EIP-712. */
export interface TypedDocument {
  /** Its name in messages. */
  readonly what: string
  readonly domain: TypedDataDomain
  readonly types: Record<string, TypedDataField[]>
  readonly value: Record<string, unknown>
  /** The digest that the contract computes for it, where it tells. */
  readonly digest?: string
}

/**
 * Signs a document, and distrusts itself: the contract has to compute the same digest, and the signature has to be the
 * signer's.
 * @throws ProtocolError SIGNATURE_INVALID.
 */
export async function signTyped(signer: Signer, document: TypedDocument): Promise<string> {
  const { what, domain, types, value, digest } = document
  const own = TypedDataEncoder.hash(domain, types, value)
  if (digest !== undefined && own !== digest) {
    throw new ProtocolError('SIGNATURE_INVALID', {
      what,
      got: `the digest ${own}`,
      expected: `the contract's ${digest}`,
    })
  }
  const signature = await signer.signTypedData(domain, types, value)
  checkSigner(document, signature, await signer.getAddress())
  return signature
}

/**
 * Refuses a signature that is not of an account with a key; a wallet contract is left to the chain.
 * @throws ProtocolError SIGNATURE_INVALID.
 */
export function checkSigner(
  { what, domain, types, value }: TypedDocument,
  signature: string,
  expected: string,
): void {
  const got = recovered(() => verifyTypedData(domain, types, value, signature))
  if (got !== expected) throw new ProtocolError('SIGNATURE_INVALID', { what, got, expected })
}

function recovered(recover: () => string): string {
  try {
    return recover()
  } catch {
    return 'no signature of any account'
  }
}
