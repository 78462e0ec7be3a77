import { z } from 'zod'

import { checkJson, readJsonFile } from './jsonFile'
import { address, amount, whole } from './schemaFaults'

const hex24 = z
  .string('0x and 48 lower-case hex digits')
  .regex(/^0x[0-9a-f]{48}$/, { error: '0x and 48 lower-case hex digits' })

const siblings = z
  .string('concatenated 24-byte siblings')
  .regex(/^0x([0-9a-f]{48})*$/, { error: 'concatenated 24-byte siblings, lower-case hex' })

const pool = z.strictObject({ poolId: z.string().regex(/^[0-9]+$/, { error: 'a decimal pool id' }), amount })

const entry = z.strictObject({
  /** The contributor index: the position of the leaf. */
  index: whole(0, 2 ** 32 - 1),
  /** All that the account ever earned, in wei. */
  cumulative: amount,
  /** The sum of `cumulative` over all smaller indexes. */
  prefix: amount,
  proof: siblings,
  /** What this epoch added, in wei, and the pools that it came from. */
  epochAmount: amount,
  pools: z.array(pool),
})

/** What a published epoch gives its holders: everything that a claim needs, in one static file. */
export const claimsFileSchema = z.strictObject({
  format: z.literal('open-datanets/claims', '"open-datanets/claims"'),
  version: z.literal(1, '1'),
  chainId: whole(1, Number.MAX_SAFE_INTEGER),
  vault: address,
  epoch: whole(1, 2 ** 32 - 1),
  ledgerRoot: hex24,
  /** The sum of all cumulative amounts. */
  total: amount,
  accounts: z.record(address, entry),
})

export type ClaimsFile = z.output<typeof claimsFileSchema>
export type ClaimEntry = z.output<typeof entry>

/** @throws ProtocolError FILE_UNREADABLE, CLAIMS_INVALID with every fault. */
export function readClaimsFile(path: string): Promise<ClaimsFile> {
  return readJsonFile(path, claimsFileSchema, 'CLAIMS_INVALID')
}

/** @throws ProtocolError CLAIMS_INVALID with every fault. */
export function parseClaimsFile(value: unknown, path = 'the claims'): ClaimsFile {
  return checkJson(value, claimsFileSchema, path, 'CLAIMS_INVALID')
}
