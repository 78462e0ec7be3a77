import { tensor } from '../../model/tensor'
import type { GraphBuilder } from '../builder'
import type { Value } from '../value'

/** Each line of x along one axis times a constant matrix, whose rows are the results. */
export function alongAxis(builder: GraphBuilder, x: Value, axis: number, rows: readonly number[][]): Value {
  const [height, width] = [rows.length, rows[0]!.length]
  const rank = x.dims.length
  const matrix = (transpose: boolean): Value =>
    builder.constant(
      transpose
        ? tensor(
            x.dtype,
            [width, height],
            rows[0]!.flatMap((_, i) => rows.map(row => row[i]!)),
          )
        : tensor(x.dtype, [height, width], rows.flat()),
    )
  if (axis === rank - 1) return builder.matMul(x, matrix(true))
  if (axis === rank - 2) return builder.matMul(matrix(false), x)
  const order = x.dims.map((_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i))
  return builder.transpose(builder.matMul(builder.transpose(x, order), matrix(true)), order)
}
