import { CounterStream, GraphBuilder, int, tensor, type Model } from '@open-datanets/onnx-engine'

/** A plain perceptron `x` [B, widths[0]] to `logits` [B, last]; its weights are drawn, and drawn again by training. */
export function perceptron(widths: readonly number[], activation: 'Tanh' | 'Relu'): Model {
  const builder = new GraphBuilder('perceptron')
  const stream = new CounterStream('perceptron', [...widths])
  let x = builder.input('x', 'float32', ['B', widths[0]!])
  for (let layer = 0; layer + 1 < widths.length; layer++) {
    const [from, to] = [widths[layer]!, widths[layer + 1]!]
    const drawn = Float32Array.from({ length: from * to }, () => stream.normal() / Math.sqrt(from))
    const weight = builder.initializer(`fc${layer}.weight`, tensor('float32', [to, from], drawn))
    const bias = builder.initializer(`fc${layer}.bias`, tensor('float32', [to], new Float32Array(to)))
    x = builder.op('Gemm', [x, weight, bias], { transB: int(1) })
    if (layer + 2 < widths.length) x = builder.op(activation, [x])
  }
  builder.output(x, 'logits')
  return builder.model()
}
