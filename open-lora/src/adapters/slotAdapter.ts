import type { LoraAdapter } from '@open-datanets/onnx-engine'
import type { Digest } from '@open-datanets/content-store'
import { OpenLoraError } from '../errors'

/** A linear layer that an adapter may change: y = x W + x A B. */
export interface AdaptedLayer {
  /** dotted name, such as layers.0.attention.query */
  name: string
  inWidth: number
  outWidth: number
}

/** What fits into a slot of the decoder. */
export interface SlotShape {
  /** smaller ranks are padded with zeros, larger ones refused */
  rank: number
  layers: readonly AdaptedLayer[]
}

/** A [in, rank], and B [rank, out] times alpha / rank of the adapter. */
export interface SlotFactors {
  a: Float32Array
  b: Float32Array
}

/** An adapter laid out as a slot holds it. */
export interface SlotAdapter {
  digest: Digest
  /** one entry for every layer of the slot, by name */
  layers: ReadonlyMap<string, SlotFactors>
  /** memory that it takes */
  bytes: number
}

/** Lays an adapter out for slots of `shape`; throws ADAPTER_UNFIT when rank, layers or widths do not fit. */
export function toSlotAdapter(digest: Digest, adapter: LoraAdapter, shape: SlotShape): SlotAdapter {
  if (adapter.rank > shape.rank) throw unfit(digest, `rank ${adapter.rank}`, `rank up to ${shape.rank}`)
  const known = new Set(shape.layers.map(({ name }) => name))
  for (const name of adapter.tensors.keys()) {
    if (!known.has(name)) throw unfit(digest, `layer ${name}`, `one of ${[...known].join(', ')}`)
  }
  const layers = new Map(shape.layers.map(layer => [layer.name, layOut(digest, adapter, layer, shape.rank)]))
  let bytes = 0
  for (const { a, b } of layers.values()) bytes += a.byteLength + b.byteLength
  return { digest, layers, bytes }
}

/** A layer that the adapter leaves alone gets zeros, which add nothing. */
function layOut(digest: Digest, adapter: LoraAdapter, layer: AdaptedLayer, slotRank: number): SlotFactors {
  const { name, inWidth, outWidth } = layer
  const a = new Float32Array(inWidth * slotRank)
  const b = new Float32Array(slotRank * outWidth)
  const pair = adapter.tensors.get(name)
  if (!pair) return { a, b }

  const { rank } = adapter
  expectDims(digest, `A of ${name}`, pair.a.dims, [inWidth, rank])
  expectDims(digest, `B of ${name}`, pair.b.dims, [rank, outWidth])
  const sourceA = pair.a.data as Float32Array
  for (let row = 0; row < inWidth; row++)
    a.set(sourceA.subarray(row * rank, (row + 1) * rank), row * slotRank)
  const scale = adapter.alpha / rank
  b.set((pair.b.data as Float32Array).map(value => value * scale))
  return { a, b }
}

function expectDims(digest: Digest, what: string, got: readonly number[], expected: readonly number[]): void {
  if (got.length === expected.length && got.every((size, axis) => size === expected[axis])) return
  throw unfit(digest, `${what} [${got.join(', ')}]`, `[${expected.join(', ')}]`)
}

function unfit(digest: Digest, got: string, expected: string): OpenLoraError {
  return new OpenLoraError(
    'ADAPTER_UNFIT',
    { what: `adapter ${digest} does not fit the slots of this server`, got, expected },
    { digest, got, expected },
  )
}
