import type { LayerCapture } from '../capture'
import type { Linear } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { addProduct, columnsOf, product, rowsOf, whole } from '../linear/multiply'
import { identityBasis } from './basis'
import type { LayerQuestion } from './blockProblem'
import { eachBlock, featureSize } from './features'
import { queryFeatures } from './rightSides'

/** Numbers of a block of products with all Fisher rows. */
const BLOCK = 1 << 22

/** How gradients of one layer are held so that products between them cost little: R holds rows, Q what is asked. */
export interface RowForm<R, Q> {
  /** of all captures, over √count: [captures * count] rows */
  ofFisher(linear: Linear, captures: readonly LayerCapture[], count: number): R
  /** of the queries, times their shares; or, for a question of one column, their sum */
  ofQueries(linear: Linear, layer: LayerCapture, question: LayerQuestion, columns: number): Q
  /** Calls `use` with blocks of all samples, in order, each freed before the next. */
  each(
    linear: Linear,
    layer: LayerCapture,
    o: { readonly count: number; readonly fisherRows: number },
    use: (rows: R, first: number) => void,
  ): void
  /** a bᵀ; with `lower` at least the lower triangle */
  products(linear: Linear, a: R, b: R, o?: { readonly lower: boolean }): Matrix
  /** [rows, columns] */
  asked(linear: Linear, rows: R, queries: Q): Matrix
  squares(rows: R): Float64Array
}

/** Gradients written out, for layers of several positions. */
export const asFeatures: RowForm<Matrix, Matrix> = {
  ofFisher(linear, captures, count) {
    const basis = identityBasis(captures[0]!)
    const rows = linear.zeros(captures.length * count, featureSize(basis))
    const root = Math.sqrt(count)
    captures.forEach((capture, row) =>
      eachBlock(linear, capture, basis, count, (features, first) => {
        features.divide(root)
        const { data } = features
        rows.data.set(data.subarray(0, features.rows * features.stride), (row * count + first) * rows.stride)
      }),
    )
    return rows
  },
  ofQueries: (linear, layer, question, columns) =>
    queryFeatures(linear, layer, identityBasis(layer), question, columns),
  each: (linear, layer, { count }, use) => eachBlock(linear, layer, identityBasis(layer), count, use),
  products: (linear, a, b, { lower } = { lower: false }) => {
    const result = linear.zeros(a.rows, b.rows)
    addProduct(linear, whole(result), rowsOf(a), rowsOf(b), { lower })
    return result
  },
  asked: (linear, rows, queries) => product(linear, rowsOf(rows), rowsOf(queries)),
  squares: rows => Float64Array.from({ length: rows.rows }, (_, i) => square(rows, i)),
}

/** Gradients at one position, which are products g aᵀ. Row c n + i has the input of row i, and a gradient of its own. */
interface Factors {
  /** [n, inWidth] */
  readonly inputs: Matrix
  /** [copies * n, outWidth] */
  readonly gradients: Matrix
}

/** Σ a gᵀ of the queries, [inWidth, outWidth], or each of them. */
type AskedFactors = { readonly sum: Matrix } | { readonly each: Factors }

/** ⟨g aᵀ, h bᵀ⟩ = (a·b)(g·h), for layers of one position: no gradient is written out. */
export const asFactors: RowForm<Factors, AskedFactors> = {
  ofFisher(linear, captures, count) {
    const { inputs, inWidth, outWidth } = captures[0]!
    const gradients = linear.zeros(captures.length * count, outWidth)
    const { data, stride } = gradients
    const root = Math.sqrt(count)
    captures.forEach((capture, copy) => {
      for (let i = 0; i < count; i++)
        for (let k = 0; k < outWidth; k++)
          data[(copy * count + i) * stride + k] = capture.gradients[i * outWidth + k]! / root
    })
    return { inputs: linear.matrix(inputs, count, inWidth), gradients }
  },
  ofQueries(linear, layer, { capture, shares }, columns) {
    const each = factorsOf(linear, layer, 0, capture.count)
    each.gradients.scaleRows(shares)
    if (columns !== 1) return { each }
    return { sum: product(linear, columnsOf(each.inputs), columnsOf(each.gradients)) }
  },
  each(linear, layer, { count, fisherRows }, use) {
    const most = Math.max(4, Math.floor(BLOCK / fisherRows))
    for (let first = 0; first < count; first += most)
      linear.scope(() => use(factorsOf(linear, layer, first, Math.min(most, count - first)), first))
  },
  products(linear, a, b, { lower } = { lower: false }) {
    const result = linear.zeros(a.gradients.rows, b.gradients.rows)
    addProduct(linear, whole(result), rowsOf(a.gradients), rowsOf(b.gradients), { lower })
    linear.scope(() => {
      const inputs = product(linear, rowsOf(a.inputs), rowsOf(b.inputs))
      const [of, by] = [inputs.data, result.data]
      for (let row = 0; row < result.rows; row++) {
        const start = (row % inputs.rows) * inputs.stride
        for (let column = 0; column < result.columns; column++)
          by[row * result.stride + column]! *= of[start + (column % inputs.columns)]!
      }
    })
    return result
  },
  asked(linear, rows, queries) {
    if ('each' in queries) return this.products(linear, rows, queries.each)
    const { inputs, gradients } = rows
    const result = linear.zeros(gradients.rows, 1)
    linear.scope(() => {
      const through = product(linear, rowsOf(inputs), columnsOf(queries.sum))
      const [from, own, into] = [through.data, gradients.data, result.data]
      for (let row = 0; row < gradients.rows; row++)
        for (let k = 0; k < gradients.columns; k++)
          into[row * result.stride]! +=
            from[(row % inputs.rows) * through.stride + k]! * own[row * gradients.stride + k]!
    })
    return result
  },
  squares: ({ inputs, gradients }) =>
    Float64Array.from(
      { length: gradients.rows },
      (_, i) => square(inputs, i % inputs.rows) * square(gradients, i),
    ),
}

function factorsOf(linear: Linear, layer: LayerCapture, first: number, count: number): Factors {
  const { inputs, gradients, inWidth, outWidth } = layer
  return {
    inputs: linear.matrix(inputs, count, inWidth, first * inWidth),
    gradients: linear.matrix(gradients, count, outWidth, first * outWidth),
  }
}

function square({ data, stride, columns }: Matrix, row: number): number {
  let sum = 0
  for (let k = 0; k < columns; k++) sum += data[row * stride + k]! * data[row * stride + k]!
  return sum
}
