import { type Linear, padded } from './linear'
import type { Matrix } from './matrix'

/** Terms and columns of one block: four packed rows stay in the first cache, a block of packed columns in the second. */
const TERMS = 256
const COLUMNS = 128
const ALL = 1 << 28

/** How an operand is read: element (i, k) of the product's row i (or column i) and term k. */
export interface Operand {
  readonly offset: number
  readonly rows: number
  readonly terms: number
  /** bytes */
  readonly rowStride: number
  readonly termStride: number
}

/** The rows of a matrix, or a window of them, as one side of a product. */
export function rowsOf(
  matrix: Matrix,
  row = 0,
  rows = matrix.rows,
  term = 0,
  terms = matrix.columns,
): Operand {
  return { offset: matrix.at(row, term), rows, terms, rowStride: matrix.stride * 8, termStride: 8 }
}

/** Its columns as one side: row i of the operand is column i of the matrix. */
export function columnsOf(
  matrix: Matrix,
  column = 0,
  columns = matrix.columns,
  term = 0,
  terms = matrix.rows,
): Operand {
  return {
    offset: matrix.at(term, column),
    rows: columns,
    terms,
    rowStride: 8,
    termStride: matrix.stride * 8,
  }
}

/** Where a product goes. */
export interface Target {
  readonly offset: number
  /** bytes */
  readonly stride: number
}

export function whole(matrix: Matrix): Target {
  return { offset: matrix.offset, stride: matrix.stride * 8 }
}

/**
 * target[i][j] ± Σ_k a[i][k] b[j][k], added term after term to what the target holds: the same bits as the plain triple
 * loop. Windows start at multiples of four rows and columns. With `lower` only the tiles that touch the lower triangle.
 */
export function addProduct(
  linear: Linear,
  target: Target,
  a: Operand,
  b: Operand,
  { sign = 1, lower = false }: { sign?: 1 | -1; lower?: boolean } = {},
): void {
  const { kernels } = linear
  const rowPanels = padded(a.rows) / 4
  linear.scope(() => {
    const most = Math.min(TERMS, a.terms)
    const packedA = linear.allocate(rowPanels * most * 32)
    const packedB = linear.allocate((COLUMNS / 4) * most * 32)
    for (let term = 0; term < a.terms; term += TERMS) {
      const terms = Math.min(TERMS, a.terms - term)
      pack(linear, a, { row: 0, panels: rowPanels, term, terms }, packedA, sign)
      for (let column = 0; column < padded(b.rows); column += COLUMNS) {
        const panels = Math.min(COLUMNS, padded(b.rows) - column) / 4
        pack(linear, b, { row: column, panels, term, terms }, packedB, 1)
        const skipped = lower ? column / 4 : 0
        kernels.multiply(
          packedA + skipped * terms * 32,
          packedB,
          target.offset + 4 * skipped * target.stride + column * 8,
          rowPanels - skipped,
          panels,
          terms,
          target.stride,
          lower ? 1 : ALL,
        )
      }
    }
  })
}

function pack(
  linear: Linear,
  o: Operand,
  window: { row: number; panels: number; term: number; terms: number },
  into: number,
  sign: 1 | -1,
): void {
  const from = o.offset + window.row * o.rowStride + window.term * o.termStride
  linear.kernels.pack(from, into, window.panels, window.terms, o.rowStride, o.termStride, sign)
}

/** A new matrix a bᵀ, of the rows of both operands. */
export function product(linear: Linear, a: Operand, b: Operand): Matrix {
  const result = linear.zeros(a.rows, b.rows)
  addProduct(linear, whole(result), a, b)
  return result
}
