import { z } from 'zod'
import { address, amount, count } from './fields'

export const CLAIMS_FORMAT = 'open-datanets/claims'

const hexBytes = z.string().regex(/^0x([0-9a-f]{2})*$/)

/** Everything that a holder needs to claim, in one static file. Amounts are decimal strings in JSON. */
export const claimsDocument = z.object({
  format: z.literal(CLAIMS_FORMAT),
  version: z.literal(1),
  chainId: count,
  vault: address,
  epoch: count,
  ledgerRoot: hexBytes,
  total: amount,
  accounts: z.record(
    address,
    z.object({
      index: count,
      cumulative: amount,
      prefix: amount,
      proof: hexBytes,
      epochAmount: amount,
      pools: z.array(z.object({ poolId: amount, amount })),
    }),
  ),
})
export type ClaimsDocument = z.infer<typeof claimsDocument>
