import { createHash } from 'node:crypto'
import { tensor } from '../model/tensor'
import type { Tensor } from '../model/types'

const DOMAIN = 'open-datanets/projection/v1'

/**
 * A Rademacher projection [width, k] of entries ±1/√k, so that E[P·Pᵀ] = I. Row-major entry i is positive where bit i
 * of the stream is set; the stream is SHA-256(domain ‖ seed ‖ layer ‖ side ‖ u32 counter, big-endian), bits from the
 * least significant one of each byte.
 */
export function projection(
  o: { readonly seed: string; readonly layer: string; readonly side: 'in' | 'out' },
  width: number,
  k: number,
  dtype: 'float32' | 'float64' = 'float32',
): Tensor {
  const size = 1 / Math.sqrt(k)
  const entries = new Float64Array(width * k)
  const counter = Buffer.alloc(4)
  for (let start = 0; start < entries.length; start += 256) {
    counter.writeUInt32BE(start / 256)
    const hash = createHash('sha256').update(DOMAIN).update(o.seed).update(o.layer).update(o.side)
    const block = hash.update(counter).digest()
    const end = Math.min(256, entries.length - start)
    for (let bit = 0; bit < end; bit++)
      entries[start + bit] = (block[bit >> 3]! >> (bit & 7)) & 1 ? size : -size
  }
  return tensor(dtype, [width, k], entries)
}
