import { AttributionOracleError } from '../../errors'
import type { Linear } from './linear'
import type { Matrix } from './matrix'
import { addProduct, rowsOf } from './multiply'

const PANEL = 64
const STEP = 8

/**
 * A = L Lᵀ in place, L in the lower triangle; what is above it is left undefined. The bits are those of the textbook
 * loop: sum = a_ij - l_i0 l_j0 - l_i1 l_j1 - ... in this order, then the root or the quotient.
 * @throws AttributionOracleError INVARIANT_BROKEN: not positive definite
 */
export function choleskyInPlace(linear: Linear, a: Matrix): void {
  const size = a.rows
  for (let panel = 0; panel < size; panel += PANEL) {
    const end = Math.min(panel + PANEL, size)
    for (let step = panel; step < end; step += STEP) {
      const width = Math.min(STEP, end - step)
      factorStep(a, step, width)
      const below = step + width
      if (below >= size) break
      linear.kernels.solveRows(
        a.at(step, step),
        a.stride * 8,
        a.at(below, step),
        a.stride * 8,
        size - below,
        width,
      )
      if (below < end) subtract(linear, a, { row: below, columns: end - below, term: step, terms: width })
    }
    if (end < size) subtract(linear, a, { row: end, columns: size - end, term: panel, terms: end - panel })
  }
}

/** The rows below and the columns that are still to be factored lose their products with finished columns. */
function subtract(
  linear: Linear,
  a: Matrix,
  o: { row: number; columns: number; term: number; terms: number },
): void {
  const target = { offset: a.at(o.row, o.row), stride: a.stride * 8 }
  const rows = rowsOf(a, o.row, a.rows - o.row, o.term, o.terms)
  addProduct(linear, target, rows, { ...rows, rows: o.columns }, { sign: -1, lower: true })
}

function factorStep(a: Matrix, start: number, width: number): void {
  const { data, stride } = a
  for (let row = start; row < start + width; row++) {
    for (let column = start; column <= row; column++) {
      let sum = data[row * stride + column]!
      for (let k = start; k < column; k++) sum -= data[row * stride + k]! * data[column * stride + k]!
      if (row !== column) data[row * stride + column] = sum / data[column * stride + column]!
      else if (sum > 0) data[row * stride + row] = Math.sqrt(sum)
      else throw notPositive(row, sum)
    }
  }
}

function notPositive(row: number, pivot: number): AttributionOracleError {
  return new AttributionOracleError(
    'INVARIANT_BROKEN',
    {
      what: 'a damped curvature is not positive definite',
      got: `pivot ${pivot} in row ${row}`,
      expected: 'a positive pivot',
      fix: 'raise the damping',
    },
    { invariant: 'positive definite curvature', got: String(pivot), expected: 'a positive pivot' },
  )
}
