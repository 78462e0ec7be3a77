import { DirectSession, encodeModel, GraphBuilder, tensor } from '@open-datanets/onnx-engine'
import type { Matrix } from './scorer'

/** left [n, k] times right [m, k] transposed, in float32. */
export async function timesTransposed(left: Matrix, right: Matrix): Promise<Matrix> {
  const builder = new GraphBuilder('product', {})
  const a = builder.input('a', 'float32', ['n', left.columns])
  const b = builder.input('b', 'float32', ['m', right.columns])
  builder.output(builder.matMul(a, builder.transposeLast(b)), 'c')
  const session = await DirectSession.create({ model: encodeModel(builder.model({})) })
  try {
    const outputs = await session.run({ a: asTensor(left), b: asTensor(right) })
    return {
      rows: left.rows,
      columns: right.rows,
      data: Float64Array.from(outputs['c']!.data as Float32Array),
    }
  } finally {
    await session.close()
  }
}

const asTensor = ({ rows, columns, data }: Matrix) =>
  tensor('float32', [rows, columns], data instanceof Float32Array ? data : Float32Array.from(data))
