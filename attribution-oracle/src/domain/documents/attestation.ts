import { z } from 'zod'
import { postDocument } from './epochInputs'
import { address, count, digest } from './fields'

export const ATTESTATION_FORMAT = 'open-datanets/attestation'

/** An attestation as it travels from one operator to the one that posts. */
export const attestationDocument = z.object({
  format: z.literal(ATTESTATION_FORMAT),
  version: z.literal(1),
  chainId: count,
  oracle: address,
  epoch: count,
  operator: address,
  digest,
  signature: z.custom<`0x${string}`>(v => typeof v === 'string' && /^0x[0-9a-f]{128}$/.test(v), {
    message: 'expected a 64-byte signature',
  }),
})
export type AttestationDocument = z.infer<typeof attestationDocument>

/** How an operator serves its word to the others: the post that it computed, and the attestations that it holds of it. */
export const attestationList = z.object({
  epoch: count,
  post: postDocument.nullable(),
  attestations: z.array(attestationDocument).max(64),
})
export type AttestationList = z.infer<typeof attestationList>
