import type { ScoreMatrix } from '../capture'
import type { Linear } from '../linear/linear'
import { type FeatureLayout, startsOf, widthOf } from './layout'
import type { FeatureRows } from './rows'

/** Codes that a block of rows may take in the arena. */
const BLOCK = 1 << 24
const LANES = 16

/**
 * Influence of stored samples on queries: what every row's features are along every direction. One pass over the codes
 * per query, no gradient is computed again; blocks of rows keep memory constant.
 * @param directions float32 [m, width], of FeatureCurvature
 */
export function scoreRows(
  linear: Linear,
  layout: FeatureLayout,
  rows: FeatureRows,
  directions: Float32Array,
): ScoreMatrix {
  const width = widthOf(layout)
  const columns = directions.length / width
  const data = new Float64Array(rows.count * columns)
  const block = Math.max(1, Math.floor(BLOCK / width))
  linear.scope(() => {
    const padded = paddedDirections(linear, layout, directions)
    for (let first = 0; first < rows.count; first += block)
      linear.scope(() => scoreBlock(linear, { layout, rows, padded, columns, data }, first, block))
  })
  return { rows: rows.count, columns, data }
}

interface Job {
  readonly layout: FeatureLayout
  readonly rows: FeatureRows
  readonly padded: Padded
  readonly columns: number
  readonly data: Float64Array
}

interface Padded {
  readonly offset: number
  /** bytes */
  readonly stride: number
  /** of every layer, in bytes from a direction's start */
  readonly starts: readonly number[]
  readonly blocks: readonly number[]
}

function scoreBlock(linear: Linear, job: Job, first: number, most: number): void {
  const { layout, rows, padded, columns, data } = job
  const width = widthOf(layout)
  const layers = layout.layers.length
  const count = Math.min(most, rows.count - first)
  // The last row is read past its end, up to a whole lane.
  const codes = linear.allocate(count * width + LANES)
  const scales = linear.allocate(count * layers * 4)
  const out = linear.zeros(count, columns)
  const { buffer } = linear.memory
  new Int8Array(buffer, codes, count * width).set(rows.codes.subarray(first * width, (first + count) * width))
  new Int8Array(buffer, codes + count * width, LANES).fill(0)
  new Float32Array(buffer, scales, count * layers).set(
    rows.scales.subarray(first * layers, (first + count) * layers),
  )
  startsOf(layout).forEach((start, layer) => {
    for (let query = 0; query < columns; query++)
      linear.kernels.addDots(
        codes + start,
        width,
        count,
        padded.offset + query * padded.stride + padded.starts[layer]!,
        padded.blocks[layer]!,
        scales + 4 * layer,
        4 * layers,
        out.at(0, query),
        out.stride * 8,
      )
  })
  data.set(out.toArray(), first * columns)
}

/** Directions with every layer's part filled up with zeros to whole lanes. */
function paddedDirections(linear: Linear, layout: FeatureLayout, directions: Float32Array): Padded {
  const width = widthOf(layout)
  const columns = directions.length / width
  const blocks = layout.layers.map(({ size }) => Math.ceil(size / LANES))
  const starts = blocks.map((_, layer) => blocks.slice(0, layer).reduce((sum, n) => sum + n * LANES, 0))
  const stride = blocks.reduce((sum, n) => sum + n * LANES, 0)
  const offset = linear.allocate(columns * stride * 4)
  const padded = new Float32Array(linear.memory.buffer, offset, columns * stride).fill(0)
  const from = startsOf(layout)
  layout.layers.forEach(({ size }, layer) => {
    for (let query = 0; query < columns; query++) {
      const start = query * width + from[layer]!
      padded.set(directions.subarray(start, start + size), query * stride + starts[layer]!)
    }
  })
  return { offset, stride: stride * 4, starts: starts.map(start => start * 4), blocks }
}
