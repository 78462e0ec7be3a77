import { expect } from 'chai'
import fc from 'fast-check'
import { positionRows, unfold } from '../../src/graph/unfold'
import { GraphBuilder, gradients, int, ints, numbersOf, tensor } from '../../src/index'
import { runModel } from '../runModel'
import { windows } from './operators/linearCases'
import { numbers, seeds, size } from './operators/operatorCase'

describe('unfold', () => {
  it('gives patches whose products with the weights are the convolution, and with dy the gradient of the weights', async () => {
    const sizes = fc.tuple(size(3), size(2), size(2), size(3))
    await fc.assert(
      fc.asyncProperty(
        windows(),
        sizes,
        seeds,
        fc.boolean(),
        async (drawn, [n, width, outputs, group], seed, named) => {
          const { kernel, strides, dilations, pads, spatial } = drawn
          const b = new GraphBuilder('unfold')
          const xDims = [n, group * width, ...spatial]
          const x = b.input(
            'x',
            'float32',
            named ? ['B', group * width, ...spatial.map((_, i) => `S${i}`)] : xDims,
          )
          const w = b.input('w', 'float32', [group * outputs, width, ...kernel])
          const options = { strides, dilations, pads, group }
          const attributes = {
            kernel_shape: ints(kernel),
            strides: ints(strides),
            dilations: ints(dilations),
            pads: ints(pads),
          }
          const y = b.op('Conv', [x, w], { ...attributes, group: int(group) })
          const [dw] = gradients(b, b.mul(y, y), [w])
          b.output(dw!, 'dw')
          const taps = kernel.reduce((p, q) => p * q, 1)
          const patches = unfold(b, x, { kernel, ...options })
          patches.forEach((value, g) => {
            expect(value.dims).to.have.length(3)
            expect(value.dims[2]).to.equal(width * taps)
            if (named) expect(value.dims[0]).to.equal('B')
            b.output(value, `patches${g}`)
          })
          positionRows(b, y, group).forEach((value, g) => b.output(value, `rows${g}`))
          const weights = numbers([group * outputs, width, ...kernel], seed + 1)
          const result = await runModel(b.model(), { x: numbers(xDims, seed), w: weights })
          const flat = numbersOf(weights)
          const depth = width * taps
          for (let g = 0; g < group; g++) {
            const [a, rows] = [numbersOf(result[`patches${g}`]!), numbersOf(result[`rows${g}`]!)]
            const gradient = Array.from({ length: outputs * depth }, () => 0)
            const positions = rows.length / outputs
            for (let p = 0; p < positions; p++)
              for (let m = 0; m < outputs; m++) {
                let sum = 0
                for (let k = 0; k < depth; k++) {
                  sum += a[p * depth + k]! * flat[(g * outputs + m) * depth + k]!
                  gradient[m * depth + k]! += 2 * rows[p * outputs + m]! * a[p * depth + k]!
                }
                expect(rows[p * outputs + m]).to.be.closeTo(sum, 1e-4)
              }
            const found = numbersOf(result['dw']!).slice(g * outputs * depth, (g + 1) * outputs * depth)
            const largest = Math.max(...gradient.map(Math.abs), 1)
            found.forEach((value, i) => expect(value / largest).to.be.closeTo(gradient[i]! / largest, 1e-5))
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('reads elements in the order of the flattened weights', async () => {
    const b = new GraphBuilder('order')
    const x = b.input('x', 'float32', [1, 2, 3])
    b.output(unfold(b, x, { kernel: [2], pads: [1, 0] })[0]!, 'patches')
    const { patches } = await runModel(b.model(), { x: tensor('float32', [1, 2, 3], [1, 2, 3, 4, 5, 6]) })
    expect(patches!.dims).to.deep.equal([1, 3, 4])
    expect(numbersOf(patches!)).to.deep.equal([0, 1, 0, 4, 1, 2, 4, 5, 2, 3, 5, 6])
  })
})
