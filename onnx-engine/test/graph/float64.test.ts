import { expect } from 'chai'
import { GraphBuilder, numbersOf, string, tensor, toFloat64 } from '../../src/index'
import { gaussLegendre } from '../../src/graph/float64/gaussLegendre'
import { runModel } from '../runModel'

describe('toFloat64', () => {
  it('computes erf to the last digits, for which ONNX Runtime has no float64 kernel', async () => {
    // Abramowitz and Stegun, table 7.1, and the symmetry of erf.
    const known: [number, number][] = [
      [0, 0],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
      [3, 0.9999779095030014],
      [7, 1],
      [-1, -0.8427007929497149],
    ]
    const b = new GraphBuilder('erf')
    b.output(b.op('Erf', [b.input('x', 'float32', ['N'])]), 'y')
    const x = tensor(
      'float64',
      [known.length],
      known.map(([at]) => at),
    )
    const { y } = await runModel(toFloat64(b.model()), { x })
    numbersOf(y!).forEach((value, i) => expect(value).to.be.closeTo(known[i]![1], 4e-15))
  })

  it('keeps what the float32 operators mean', async () => {
    const b = new GraphBuilder('activations', { opset: 20 })
    const x = b.input('x', 'float32', [9])
    const values = [-7, -2, -1, -0.1, 0, 0.3, 1, 2, 7]
    b.output(b.op('Gelu', [x]), 'exact')
    b.output(b.op('Gelu', [x], { approximate: string('tanh') }), 'tanh')
    b.output(b.op('Softplus', [x]), 'softplus')
    b.output(b.add(x, b.op('ConstantOfShape', [b.shapeConstant([9])])), 'zeros')
    const narrow = await runModel(b.model(), { x: tensor('float32', [9], values) })
    const wide = await runModel(toFloat64(b.model()), { x: tensor('float64', [9], values) })
    for (const [name, result] of Object.entries(wide)) {
      expect(result.dtype, name).to.equal('float64')
      numbersOf(narrow[name]!).forEach((value, i) =>
        expect(value, name).to.be.closeTo(numbersOf(result)[i]!, 1e-6),
      )
    }
    const [exact, tanh] = [numbersOf(wide['exact']!), numbersOf(wide['tanh']!)]
    expect(Math.abs(exact[7]! - tanh[7]!)).to.be.above(1e-5)
  })

  it('leaves the names of all nodes as they were', () => {
    const b = new GraphBuilder('names')
    const x = b.input('x', 'float32', [3])
    const scale = b.constant(tensor('float32', [3], [1, 1, 1]))
    b.output(b.mul(b.layerNormalization(b.mul(x, 2), scale, undefined), b.mul(b.sqrt(x), 2)), 'y')
    const defined = (model: ReturnType<typeof b.model>) => model.graph.nodes.flatMap(node => node.outputs)
    expect(defined(toFloat64(b.model()))).to.include.members(defined(b.model()))
  })

  it('normalizes in float64 all through, statistics included', async () => {
    const b = new GraphBuilder('norm')
    const x = b.input('x', 'float32', ['N', 4])
    const scale = b.constant(tensor('float32', [4], [1, 2, 3, 4]))
    const outputs = b.op('LayerNormalization', [x, scale], {}, 3)
    outputs.forEach((output, i) => b.output(output, `output${i}`))
    const values = [1e3 + 0.1, 1e3 + 0.7, 1e3 - 0.4, 1e3 + 0.2]
    const result = await runModel(toFloat64(b.model()), { x: tensor('float64', [1, 4], values) })
    const mean = values.reduce((p, q) => p + q) / 4
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4
    const inverse = 1 / Math.sqrt(variance + Math.fround(1e-5))
    expect(numbersOf(result['output1']!)[0]).to.be.closeTo(mean, 1e-12)
    expect(numbersOf(result['output2']!)[0]).to.be.closeTo(inverse, 1e-9)
    numbersOf(result['output0']!).forEach((value, i) =>
      expect(value).to.be.closeTo((values[i]! - mean) * inverse * (i + 1), 1e-9),
    )
  })
})

describe('gaussLegendre', () => {
  it('integrates polynomials of degree 2n - 1 exactly', () => {
    const { nodes, weights } = gaussLegendre(6)
    for (let degree = 0; degree <= 11; degree++) {
      const integral = nodes.reduce((sum, node, i) => sum + weights[i]! * node ** degree, 0)
      expect(integral).to.be.closeTo(1 / (degree + 1), 1e-15)
    }
  })
})
