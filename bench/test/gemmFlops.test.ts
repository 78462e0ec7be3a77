import { forwardModel, GraphBuilder, initialWeights, tensor } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { gemmFlops } from '../src/gemmFlops'

describe('gemmFlops', () => {
  it('counts a transformer as one does by hand', () => {
    const [width, mlpWidth, vocabSize, layers, B, T] = [8, 24, 16, 3, 2, 5]
    const config = { width, mlpWidth, vocabSize, layers, heads: 2, contextLength: 6 }
    const attentionLinears = 4 * width * width
    const mlp = 2 * width * mlpWidth
    const scoresAndMix = 2 * T * width
    const head = width * vocabSize
    const perToken = layers * (attentionLinears + mlp + scoresAndMix) + head
    const model = forwardModel(config, initialWeights(config, 'seed'))
    expect(gemmFlops(model, { B, T })).to.equal(2 * B * T * perToken)
  })

  it('counts a transposed Gemm by its inner size', () => {
    const builder = new GraphBuilder('gemm')
    const left = builder.input('left', 'float32', [7, 3])
    const right = builder.input('right', 'float32', [7, 5])
    builder.output(builder.op('Gemm', [left, right], { transA: { kind: 'int', value: 1 } }), 'y')
    expect(gemmFlops(builder.model())).to.equal(2 * 3 * 5 * 7)
  })

  it('leaves out what no output needs', () => {
    const builder = new GraphBuilder('dead')
    const x = builder.input('x', 'float32', ['B', 4])
    const weight = builder.initializer('weight', tensor('float32', [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]))
    const y = builder.matMul(x, weight)
    builder.matMul(builder.transpose(x, [1, 0]), y)
    builder.output(y, 'y')
    expect(gemmFlops(builder.model(), { B: 10 })).to.equal(2 * 10 * 4 * 2)
  })
})
