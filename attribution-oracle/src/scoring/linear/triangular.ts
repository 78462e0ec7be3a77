import { type Linear, padded } from './linear'
import type { Matrix } from './matrix'
import { addProduct, columnsOf, type Operand, rowsOf } from './multiply'

const BLOCK = 32

/** Y with L Y = B in place of B; terms are subtracted from the first row to the last. */
export function solveLower(linear: Linear, factor: Matrix, b: Matrix): void {
  for (let start = 0; start < factor.rows; start += BLOCK) {
    const end = Math.min(start + BLOCK, factor.rows)
    linear.kernels.solveBlock(
      factor.at(start, start),
      factor.stride * 8,
      8,
      b.at(start, 0),
      b.stride * 8,
      end - start,
      padded(b.columns) / 4,
    )
    if (end === factor.rows) return
    const a = rowsOf(factor, end, factor.rows - end, start, end - start)
    addProduct(linear, { offset: b.at(end, 0), stride: b.stride * 8 }, a, finished(b, start, end), {
      sign: -1,
    })
  }
}

/** X with Lᵀ X = Y in place of Y; terms are subtracted from the last row to the first. */
export function solveUpper(linear: Linear, factor: Matrix, y: Matrix): void {
  const first = Math.floor((factor.rows - 1) / BLOCK) * BLOCK
  for (let start = first; start >= 0; start -= BLOCK) {
    const end = Math.min(start + BLOCK, factor.rows)
    linear.kernels.solveBlock(
      factor.at(end - 1, end - 1),
      -8,
      -factor.stride * 8,
      y.at(end - 1, 0),
      -y.stride * 8,
      end - start,
      padded(y.columns) / 4,
    )
    if (start === 0) return
    const a = backwards(columnsOf(factor, 0, start, start, end - start))
    addProduct(linear, { offset: y.offset, stride: y.stride * 8 }, a, backwards(finished(y, start, end)), {
      sign: -1,
    })
  }
}

/** X with L Lᵀ X = B in place of B. */
export function solvePositive(linear: Linear, factor: Matrix, b: Matrix): void {
  solveLower(linear, factor, b)
  solveUpper(linear, factor, b)
}

function finished(b: Matrix, start: number, end: number): Operand {
  return columnsOf(b, 0, b.columns, start, end - start)
}

function backwards(o: Operand): Operand {
  return { ...o, offset: o.offset + (o.terms - 1) * o.termStride, termStride: -o.termStride }
}
