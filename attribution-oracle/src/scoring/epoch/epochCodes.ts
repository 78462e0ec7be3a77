import { z } from 'zod'
import { canonicalJson, type Digest } from '../../domain'
import { AttributionOracleError } from '../../errors'
import { ByteReader, counted, littleEndian } from './byteReader'
import type { FeatureCodes } from './featureCodes'

/** All that the integer weights of an epoch are computed from, apart from the texts themselves: stage A's outcome. */
export interface EpochCodes {
  /** In the order of the plan, without those that could not be run. */
  readonly checkpoints: readonly CheckpointCodes[]
  /** Absent where there is no reference model. */
  readonly order: OrderLosses | undefined
}

export interface CheckpointCodes {
  readonly digest: Digest
  /** Windows of the training files under labels that the model drew itself. */
  readonly curvature: FeatureCodes
  /** Scored tokens of those windows. */
  readonly curvatureTokens: number
  /** One row per file, summed over all of its tokens. */
  readonly files: FeatureCodes
  /** One row per held-out text; none where value is not measured. */
  readonly held: FeatureCodes
  /** Scored tokens of the held-out texts. */
  readonly heldTokens: number
  /** One row per paid output. */
  readonly outputs: FeatureCodes
  /** [files]: nats, summed over scored tokens */
  readonly losses: Float64Array
  /** [files]: squared length in units of the curvature, summed over windows */
  readonly selfInfluence: Float64Array
}

/** What the last checkpoint of the trajectory loses by another order of the words, nats. */
export interface OrderLosses {
  /** [files]: with the words shuffled */
  readonly shuffled: Float64Array
  /** [2]: of the held-out texts as they are, and shuffled */
  readonly held: Float64Array
}

const MAGIC = 'open-datanets/epoch-codes/v1\n'
const PARTS = ['curvature', 'files', 'held', 'outputs'] as const

const whole = z.number().int().nonnegative()
const headerOf = z.object({
  checkpoints: z.array(
    z.object({
      digest: z.custom<Digest>(v => typeof v === 'string' && /^0x[0-9a-f]{64}$/.test(v)),
      sizes: z.array(whole),
      rows: z.object({ curvature: whole, files: whole, held: whole, outputs: whole }),
      curvatureTokens: whole,
      heldTokens: whole,
    }),
  ),
  order: whole.nullable(),
})
type Header = z.infer<typeof headerOf>

/** What has to be the same, number by number, for codes to be comparable at all. */
export function layoutOf({ checkpoints, order }: EpochCodes): string {
  const header: Header = {
    checkpoints: checkpoints.map(codes => ({
      digest: codes.digest,
      sizes: [...codes.files.sizes],
      rows: {
        curvature: codes.curvature.rows,
        files: codes.files.rows,
        held: codes.held.rows,
        outputs: codes.outputs.rows,
      },
      curvatureTokens: codes.curvatureTokens,
      heldTokens: codes.heldTokens,
    })),
    order: order ? order.shuffled.length : null,
  }
  return canonicalJson(header)
}

/**
 * Canonical bytes, little-endian: the magic line; u32 length and canonical JSON of the layout; per checkpoint and part
 * float32 scales and int8 codes, then float64 losses and self-influence; at the end the float64 losses of word order.
 */
export function encodeEpochCodes(codes: EpochCodes): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(MAGIC), counted(layoutOf(codes))]
  for (const checkpoint of codes.checkpoints) {
    for (const part of PARTS) {
      const { scales, codes: bytes } = checkpoint[part]
      parts.push(littleEndian(scales), new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))
    }
    parts.push(littleEndian(checkpoint.losses), littleEndian(checkpoint.selfInfluence))
  }
  if (codes.order) parts.push(littleEndian(codes.order.shuffled), littleEndian(codes.order.held))
  return Buffer.concat(parts)
}

/** @throws AttributionOracleError INVALID_DOCUMENT */
export function decodeEpochCodes(bytes: Uint8Array): EpochCodes {
  const reader = new ByteReader(bytes, malformed)
  if (reader.text(MAGIC.length) !== MAGIC) throw malformed(`they do not start with ${JSON.stringify(MAGIC)}`)
  const { checkpoints, order } = readHeader(reader)
  const codes: EpochCodes = {
    checkpoints: checkpoints.map(({ sizes, rows, ...rest }) => {
      const features = (count: number): FeatureCodes => ({
        sizes,
        rows: count,
        scales: reader.float32(count * sizes.length),
        codes: reader.int8(count * sizes.reduce((sum, size) => sum + size, 0)),
      })
      return {
        ...rest,
        curvature: features(rows.curvature),
        files: features(rows.files),
        held: features(rows.held),
        outputs: features(rows.outputs),
        losses: reader.float64(rows.files),
        selfInfluence: reader.float64(rows.files),
      }
    }),
    order: order === null ? undefined : { shuffled: reader.float64(order), held: reader.float64(2) },
  }
  reader.end()
  return codes
}

function readHeader(reader: ByteReader): Header {
  const text = reader.counted()
  try {
    return headerOf.parse(JSON.parse(text))
  } catch (cause) {
    throw malformed(`their layout cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

function malformed(issue: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: `the bytes are no codes of an epoch: ${issue}` },
    { format: MAGIC.trim(), issues: [issue] },
  )
}
