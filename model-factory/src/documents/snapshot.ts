import { z } from 'zod'
import { address, count, digest } from './fields'

export const SNAPSHOT_FORMAT = 'open-datanets/snapshot'

/** The contributions of a Datanet at one block that could be fetched and verified, ascending by id. */
export const snapshotDocument = z.object({
  format: z.literal(SNAPSHOT_FORMAT),
  version: z.literal(1),
  chainId: count,
  registry: address,
  datanetId: count,
  blockNumber: count,
  contributions: z.array(
    z.object({ id: count, contributor: address, digest, name: z.string(), size: count }),
  ),
})
export type Snapshot = z.infer<typeof snapshotDocument>
