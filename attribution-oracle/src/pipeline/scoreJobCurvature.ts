import { choleskyInPlace } from '../scoring/linear/cholesky'
import { Linear } from '../scoring/linear/linear'
import type { Matrix } from '../scoring/linear/matrix'
import { addProduct, columnsOf, whole } from '../scoring/linear/multiply'
import { solvePositive } from '../scoring/linear/triangular'

interface Block {
  readonly offset: number
  readonly size: number
  readonly moment: Matrix
}

/** Rows of features that stand in the arena at once. */
const ROWS = 2048

/** The expected Fisher of projected gradients, one block per layer, and its damped inverse. */
export class BlockCurvature {
  private readonly blocks: Block[]
  private readonly dims: number
  private count = 0
  private isFactored = false

  private constructor(
    private readonly linear: Linear,
    sizes: readonly number[],
  ) {
    let offset = 0
    this.blocks = sizes.map(size => {
      const block = { offset, size, moment: linear.zeros(size, size) }
      offset += size
      return block
    })
    this.dims = offset
  }

  /** @param sizes of the layers' features, in their order */
  static async open(sizes: readonly number[]): Promise<BlockCurvature> {
    return new BlockCurvature(await Linear.open(), sizes)
  }

  /**
   * Adds Σ_i g_i g_iᵀ.
   * @param features [rows, dims]
   * @param samples that these rows are the curvature of: 0 for further rows of the same samples
   */
  add(features: Float32Array, samples: number): void {
    this.count += samples
    const { linear, dims } = this
    const rows = features.length / dims
    for (let from = 0; from < rows; from += ROWS) {
      linear.scope(() => {
        const part = linear.matrix(features, Math.min(ROWS, rows - from), dims, from * dims)
        for (const { offset, size, moment } of this.blocks) {
          linear.scope(() => {
            const own = columnBlock(linear, part, offset, size)
            addProduct(linear, whole(moment), columnsOf(own), columnsOf(own), { lower: true })
          })
        }
      })
    }
  }

  /** Nothing can be added any more. @param damping λ of a block as a multiple of its mean eigenvalue */
  factor(damping: number): void {
    for (const { size, moment } of this.blocks) {
      const { data, stride } = moment
      for (let i = 0; i < data.length; i++) data[i]! /= this.count
      let trace = 0
      for (let i = 0; i < size; i++) trace += data[i * stride + i]!
      // A layer that no sample moves has no curvature: any number then only says that it does not count.
      const ridge = trace > 0 ? (damping * trace) / size : 1
      for (let i = 0; i < size; i++) data[i * stride + i]! += ridge
      choleskyInPlace(this.linear, moment)
    }
    this.isFactored = true
  }

  /** (F + λI)⁻¹ of each row of `vectors` [rows, dims], each times its factor of `by`. */
  solve(vectors: Float32Array, by: ArrayLike<number>): Float64Array[] {
    if (!this.isFactored) return []
    const { linear, dims } = this
    const rows = vectors.length / dims
    const solved = Array.from({ length: rows }, () => new Float64Array(dims))
    for (const { offset, size, moment } of this.blocks) {
      linear.scope(() => {
        const sides = linear.zeros(size, rows)
        for (let row = 0; row < rows; row++)
          for (let j = 0; j < size; j++)
            sides.data[j * sides.stride + row] = vectors[row * dims + offset + j]! * by[row]!
        solvePositive(linear, moment, sides)
        const { data, stride } = sides
        for (let row = 0; row < rows; row++)
          for (let j = 0; j < size; j++) solved[row]![offset + j] = data[j * stride + row]!
      })
    }
    return solved
  }
}

/** Windows of products begin at multiples of four columns, which the features of a layer need not. */
function columnBlock(linear: Linear, from: Matrix, offset: number, size: number): Matrix {
  const block = linear.zeros(from.rows, size)
  const [source, target] = [from.data, block.data]
  for (let row = 0; row < from.rows; row++) {
    const at = row * from.stride + offset
    target.set(source.subarray(at, at + size), row * block.stride)
  }
  return block
}
