import { z } from 'zod'
import { address, count, digest } from './fields'

export const SNAPSHOT_FORMAT = 'open-datanets/snapshot'

const common = {
  format: z.literal(SNAPSHOT_FORMAT),
  chainId: count,
  registry: address,
  datanetId: count,
  blockNumber: count,
  contributions: z.array(
    z.object({ id: count, contributor: address, digest, name: z.string(), size: count }),
  ),
}

const snapshotV1 = z.object({ ...common, version: z.literal(1) })

const snapshotV2 = z.object({
  ...common,
  version: z.literal(2),
  /** Contributions `id` to `id + count - 1`, which are on chain and not taken: withdrawn ones, refused ones, broken ones. */
  refused: z.array(z.object({ id: count, count, reason: z.string() })),
})

/** The contributions of a Datanet at one block that could be fetched and verified, ascending by id. Version 1 still loads. */
export const snapshotDocument = z.discriminatedUnion('version', [snapshotV1, snapshotV2])
export type Snapshot = z.infer<typeof snapshotV2>
