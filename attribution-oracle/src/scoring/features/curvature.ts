import { choleskyInPlace } from '../linear/cholesky'
import { Linear } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { addProduct, columnsOf, whole } from '../linear/multiply'
import { solvePositive } from '../linear/triangular'
import { refused } from '../methods/readSettings'
import { type FeatureLayout, startsOf, widthOf } from './layout'

/** Rows that stand in the arena at once. */
const ROWS = 2048

/**
 * The expected Fisher of projected features, a block a layer, from rows that pass by once: features at sampled labels,
 * or of all Fisher rows. What is kept is Σ sizes² numbers, whatever the samples.
 */
export class FeatureCurvature {
  #count = 0
  readonly #blocks: Matrix[]

  static async open(layout: FeatureLayout): Promise<FeatureCurvature> {
    return new FeatureCurvature(await Linear.open(), layout)
  }

  private constructor(
    readonly linear: Linear,
    readonly layout: FeatureLayout,
  ) {
    this.#blocks = layout.layers.map(({ size }) => linear.zeros(size, size))
  }

  /**
   * @param features float32 [n, width] of Fisher directions
   * @param samples how many samples they stand for: n for sampled labels, 0 for a further row of the same samples
   */
  add(features: Float32Array, samples: number): void {
    const width = widthOf(this.layout)
    const rows = features.length / width
    this.#count += samples
    startsOf(this.layout).forEach((start, layer) => {
      const { size } = this.layout.layers[layer]!
      for (let row = 0; row < rows; row += ROWS) {
        this.linear.scope(() => {
          const part = this.linear.zeros(Math.min(ROWS, rows - row), size)
          copyPart(part, features, { row, width, start })
          const block = this.#blocks[layer]!
          addProduct(this.linear, whole(block), columnsOf(part), columnsOf(part), { lower: true })
        })
      }
    })
  }

  /**
   * (F + λI)⁻¹ g for every query, λ = damping · mean eigenvalue of the layer's block; zeros for a layer without
   * curvature.
   * @param queries float32 [m, width]
   * @returns float32 [m, width]
   */
  directions(queries: Float32Array, damping: number): Float32Array {
    if (this.#count === 0) throw refused('curvature', 'no samples', 'at least one')
    const width = widthOf(this.layout)
    const count = queries.length / width
    const directions = new Float32Array(queries.length)
    startsOf(this.layout).forEach((start, layer) =>
      this.linear.scope(() => {
        const factor = this.#factor(layer, damping)
        if (!factor) return
        const solved = this.linear.zeros(factor.rows, count)
        const { stride } = solved
        const right = solved.data
        for (let query = 0; query < count; query++)
          for (let k = 0; k < factor.rows; k++)
            right[k * stride + query] = queries[query * width + start + k]!
        solvePositive(this.linear, factor, solved)
        const left = solved.data
        for (let query = 0; query < count; query++)
          for (let k = 0; k < factor.rows; k++)
            directions[query * width + start + k] = left[k * stride + query]!
      }),
    )
    return directions
  }

  #factor(layer: number, damping: number): Matrix | undefined {
    const block = this.#blocks[layer]!
    const factor = this.linear.zeros(block.rows, block.rows)
    const from = block.data
    const into = factor.data
    for (let index = 0; index < into.length; index++) into[index] = from[index]! / this.#count
    let trace = 0
    for (let k = 0; k < block.rows; k++) trace += into[k * factor.stride + k]!
    const lambda = (damping * trace) / block.rows
    if (!(lambda > 0)) return undefined
    for (let k = 0; k < block.rows; k++) into[k * factor.stride + k]! += lambda
    choleskyInPlace(this.linear, factor)
    return factor
  }
}

function copyPart(
  into: Matrix,
  features: Float32Array,
  o: { readonly row: number; readonly width: number; readonly start: number },
): void {
  const { data, stride } = into
  for (let row = 0; row < into.rows; row++) {
    const from = (o.row + row) * o.width + o.start
    data.set(features.subarray(from, from + into.columns), row * stride)
  }
}
