import { createHash } from 'node:crypto'
import type { Codes } from './codes'
import { layoutBytes, recordOf } from './encode'

const DOMAIN = 'open-datanets/codes/leaf/v1'

/** What a leaf stands for: two SHA-256 digests. */
export interface LeafId {
  readonly sample: Uint8Array
  readonly checkpoint: Uint8Array
}

/** The committed leaf of one sample at one checkpoint: SHA-256(domain ‖ sample ‖ checkpoint ‖ SHA-256(layout) ‖ record). */
export function leafHash(codes: Codes, sample: number, id: LeafId): Uint8Array {
  const layout = createHash('sha256').update(layoutBytes(codes.layers)).digest()
  const hash = createHash('sha256').update(DOMAIN).update(id.sample).update(id.checkpoint)
  return hash.update(layout).update(recordOf(codes, sample)).digest()
}
