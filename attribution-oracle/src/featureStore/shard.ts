import { createHash } from 'node:crypto'
import type { Digest } from '../domain'
import { AttributionOracleError } from '../errors'
import type { QuantisedRows } from './quantise'

/**
 * A shard holds the features of some rows, and its name is the SHA-256 of its bytes. All numbers are little-endian:
 *
 *   0   "ODNFEAT1"
 *   8   u32 rows, u32 dims, u32 stride, u32 0
 *   24  32 bytes a row: its key
 *   ..  float32 a row: its scale
 *   ..  zeros up to a multiple of 16
 *   ..  int8 [rows, stride]: codes; beyond dims they are 0
 */
export interface ShardShape {
  readonly rows: number
  readonly dims: number
  readonly stride: number
}

export const HEADER_BYTES = 24
export const KEY_BYTES = 32
const MAGIC = Buffer.from('ODNFEAT1')

export interface ShardSections {
  readonly keys: number
  readonly scales: number
  readonly codes: number
  readonly bytes: number
}

/** Byte offsets of the parts of a shard, and its size. */
export function sectionsOf({ rows, stride }: ShardShape): ShardSections {
  const scales = HEADER_BYTES + KEY_BYTES * rows
  const codes = Math.ceil((scales + 4 * rows) / 16) * 16
  return { keys: HEADER_BYTES, scales, codes, bytes: codes + rows * stride }
}

/** The pieces of a shard, in order, and its digest. @param keys 32 bytes a row */
export function encodeShard(
  keys: Uint8Array,
  rows: QuantisedRows,
): { digest: Digest; bytes: number; pieces: Uint8Array[] } {
  const shape = { rows: rows.count, dims: rows.dims, stride: rows.stride }
  const sections = sectionsOf(shape)
  const front = Buffer.alloc(sections.codes)
  MAGIC.copy(front)
  for (const [i, value] of [shape.rows, shape.dims, shape.stride].entries())
    front.writeUInt32LE(value, MAGIC.length + 4 * i)
  front.set(keys, sections.keys)
  for (let row = 0; row < shape.rows; row++) front.writeFloatLE(rows.scales[row]!, sections.scales + 4 * row)
  const codes = new Uint8Array(rows.codes.buffer, rows.codes.byteOffset, shape.rows * shape.stride)
  const hash = createHash('sha256').update(front).update(codes).digest('hex')
  return { digest: `0x${hash}`, bytes: sections.bytes, pieces: [front, codes] }
}

/** @throws STORE_CORRUPT when the bytes are not the head of a shard of `bytes` bytes */
export function decodeHeader(file: string, head: Buffer, bytes: number): ShardShape {
  const whole = head.length >= HEADER_BYTES
  const [rows, dims, stride] = whole ? [8, 12, 16].map(at => head.readUInt32LE(at)) : []
  const shape = { rows: rows ?? 0, dims: dims ?? 0, stride: stride ?? 0 }
  if (whole && head.subarray(0, 8).equals(MAGIC) && sectionsOf(shape).bytes === bytes) return shape
  throw corrupt(
    file,
    `${bytes} bytes that begin with ${head.toString('hex', 0, 24)}`,
    'a whole shard of features',
  )
}

export function corrupt(file: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'STORE_CORRUPT',
    {
      what: `The file ${file} of the feature store is damaged`,
      got,
      expected,
      fix: 'remove the folder of the store; the next run computes its features again',
    },
    { file, got, expected },
  )
}
