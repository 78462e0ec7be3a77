import { canonicalJson, type Digest, type ShardDocument, windowCount } from '../../../domain'
import { AttributionOracleError } from '../../../errors'
import { BATCH } from '../batches'
import { ByteReader, counted, littleEndian } from '../byteReader'
import type { FeatureCodes } from '../featureCodes'

const FORMAT = 'open-datanets/shard-result/v1'
const MAGIC = `${FORMAT}\n`
/** int8 leaves -128 out, so that a code and its negative weigh alike. */
const TOP = 127

/** Sums of a passage's windows within one batch. */
export interface PartialSums {
  /** float64 [rows, sum of sizes] */
  readonly features: Float64Array
  /** [rows]: nats */
  readonly losses: Float64Array
  /** [rows] */
  readonly selfInfluence: Float64Array
}

export type ShardResult =
  | { readonly kind: 'curvature'; readonly codes: FeatureCodes }
  | { readonly kind: 'features'; readonly sizes: readonly number[]; readonly sums: PartialSums }
  | { readonly kind: 'losses'; readonly losses: Float32Array }

/** [rows]: the passage that each row of partial sums belongs to; a passage has one row in every batch that it touches. */
export function partialRows({ passages }: Pick<ShardDocument, 'passages'>): number[] {
  const rows: number[] = []
  let start = 0
  passages.forEach(({ from, to }, passage) => {
    const end = start + to - from
    const batches = Math.ceil(end / BATCH) - Math.floor(start / BATCH)
    for (let i = 0; i < batches; i++) rows.push(passage)
    start = end
  })
  return rows
}

/**
 * Canonical bytes, little-endian: the magic line; u32 length and canonical JSON of the shard's digest and the features of
 * each layer; then, by what was asked, float32 scales and int8 codes of every window, or float64 features, losses and
 * self-influence of every row, or float32 losses of every window.
 */
export function encodeShardResult(shard: Digest, result: ShardResult): Uint8Array {
  const head = [Buffer.from(MAGIC), counted(headerOf(shard, sizesOf(result)))]
  if (result.kind === 'losses') return Buffer.concat([...head, littleEndian(result.losses)])
  if (result.kind === 'curvature') {
    const { scales, codes } = result.codes
    const bytes = new Uint8Array(codes.buffer, codes.byteOffset, codes.length)
    return Buffer.concat([...head, littleEndian(scales), bytes])
  }
  const { features, losses, selfInfluence } = result.sums
  return Buffer.concat([...head, ...[features, losses, selfInfluence].map(littleEndian)])
}

/** Bytes of a result. @param sizes features of each layer; none of a shard that asks for losses */
export function resultSize(shard: Digest, document: ShardDocument, sizes: readonly number[]): number {
  const dims = sizes.reduce((sum, size) => sum + size, 0)
  const head = MAGIC.length + 4 + Buffer.byteLength(headerOf(shard, sizes))
  const windows = windowCount(document)
  if (document.asked.kind === 'losses') return head + windows * 4
  if (document.asked.kind === 'curvature') return head + windows * (dims + 4 * sizes.length)
  return head + partialRows(document).length * (dims + 2) * 8
}

/** What all curvature shards of a checkpoint gave together, in order. @throws AttributionOracleError INVALID_DOCUMENT */
export function joinedCurvature(results: readonly Uint8Array[]): FeatureCodes {
  const parts = results.map(decodeCurvature)
  const sizes = parts[0]?.sizes ?? []
  if (parts.some(part => part.sizes.join() !== sizes.join())) throw malformed('they are of different graphs')
  return {
    sizes,
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    scales: Float32Array.from(parts.flatMap(({ scales }) => [...scales])),
    codes: Int8Array.from(Buffer.concat(parts.map(({ codes }) => new Uint8Array(codes.buffer)))),
  }
}

/** Its rows are as many as the bytes hold: whoever only reads the curvature does not know the shard. */
function decodeCurvature(bytes: Uint8Array): FeatureCodes {
  const reader = new ByteReader(bytes, malformed)
  expectMagic(reader)
  const sizes = readHeader(reader.counted()).sizes
  const dims = sizes.reduce((sum, size) => sum + size, 0)
  const rows = Math.floor(reader.left / Math.max(1, dims + 4 * sizes.length))
  const codes = readCodes(reader, sizes, rows)
  reader.end()
  return codes
}

/** @throws AttributionOracleError INVALID_DOCUMENT for bytes that are no result of this shard */
export function decodeShardResult(shard: Digest, document: ShardDocument, bytes: Uint8Array): ShardResult {
  const reader = new ByteReader(bytes, malformed)
  expectMagic(reader)
  const header = readHeader(reader.counted())
  if (header.shard !== shard) throw malformed(`they are about shard ${header.shard}, not about ${shard}`)
  const result = readBody(document, header.sizes, reader)
  reader.end()
  return result
}

function readBody(document: ShardDocument, sizes: readonly number[], reader: ByteReader): ShardResult {
  const { kind } = document.asked
  if (kind === 'losses') return { kind, losses: finite(reader.float32(windowCount(document))) }
  if (kind === 'curvature') return { kind, codes: readCodes(reader, sizes, windowCount(document)) }
  const rows = partialRows(document).length
  const features = finite(reader.float64(rows * sizes.reduce((sum, size) => sum + size, 0)))
  const sums = { features, losses: finite(reader.float64(rows)), selfInfluence: finite(reader.float64(rows)) }
  return { kind, sizes, sums }
}

function readCodes(reader: ByteReader, sizes: readonly number[], rows: number): FeatureCodes {
  const scales = finite(reader.float32(rows * sizes.length))
  const codes = reader.int8(rows * sizes.reduce((sum, size) => sum + size, 0))
  if (codes.includes(-TOP - 1)) throw malformed(`a code is ${-TOP - 1}`)
  return { sizes, rows, scales, codes }
}

function sizesOf(result: ShardResult): readonly number[] {
  if (result.kind === 'losses') return []
  return result.kind === 'curvature' ? result.codes.sizes : result.sizes
}

function headerOf(shard: string, sizes: readonly number[]): string {
  return canonicalJson({ shard, sizes: [...sizes] })
}

/** Of the one form that a header has, number by number. */
function readHeader(text: string): { shard: string; sizes: number[] } {
  const [, shard, sizes] = /^\{"shard":"(0x[0-9a-f]{64})","sizes":\[([0-9,]*)\]\}$/.exec(text) ?? []
  if (shard === undefined) throw malformed('their header cannot be read')
  const numbers = sizes === '' ? [] : sizes!.split(',').map(Number)
  const whole = numbers.every(size => Number.isSafeInteger(size) && size > 0)
  if (whole && headerOf(shard, numbers) === text) return { shard, sizes: numbers }
  throw malformed('their header is not canonical')
}

function expectMagic(reader: ByteReader): void {
  if (reader.text(MAGIC.length) !== MAGIC) throw malformed(`they do not start with ${JSON.stringify(MAGIC)}`)
}

/** No number of a result is beyond float32, sums included. */
function finite<T extends Float32Array | Float64Array>(values: T): T {
  for (const value of values)
    if (!Number.isFinite(Math.fround(value))) throw malformed(`a number is ${value}`)
  return values
}

function malformed(issue: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: `the bytes are no result of the shard: ${issue}` },
    { format: FORMAT, issues: [issue] },
  )
}
