import { expect } from 'chai'
import fc from 'fast-check'
import { halfOf, roundHalfEven, valueOfHalf } from '../../../src/scoring/codes/half'
import { quantise } from '../../../src/scoring/codes/quantise'
import type { SampleCapture } from '../../../src/scoring/capture'

const ONE = 0x3c00

function captureOf(inputs: number[], gradients: number[], probability?: number[]): SampleCapture {
  const layer = {
    ...{ name: 'fc', inWidth: inputs.length, outWidth: gradients.length, positions: 1 },
    ...{ inputs: Float32Array.from(inputs), gradients: Float32Array.from(gradients) },
  }
  return {
    ...{ count: 1, layers: [layer], loss: Float64Array.of(0) },
    ...(probability ? { probability: Float64Array.from(probability) } : {}),
  }
}

describe('halfOf', () => {
  it('gives back every float16 from 0 to 1', () => {
    for (let bits = 0; bits <= ONE; bits++) expect(halfOf(valueOfHalf(bits))).to.equal(bits)
  })

  it('rounds between two neighbours to the nearer one, at the middle to the even one', () => {
    for (let bits = 0; bits < ONE; bits++) {
      const [low, high] = [valueOfHalf(bits), valueOfHalf(bits + 1)]
      expect(halfOf((low + high) / 2)).to.equal(bits % 2 === 0 ? bits : bits + 1)
      expect(halfOf(low + 0.49 * (high - low))).to.equal(bits)
      expect(halfOf(low + 0.51 * (high - low))).to.equal(bits + 1)
    }
  })
})

describe('roundHalfEven', () => {
  it('goes to the even neighbour from the middle, on both sides of zero', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6].map(roundHalfEven)).to.deep.equal([
      0, 2, 2, 0, -2, -2, 2, -3,
    ])
  })
})

describe('quantise', () => {
  const number = fc.float({ min: -1e6, max: 1e6, noNaN: true })

  it('keeps every number within half a step of its scale, and the largest exactly', () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 30 }), values => {
        const layer = quantise(captureOf(values, [1], [0.5])).layers[0]!
        const scale = layer.inputScales[0]!
        expect(scale).to.equal(Math.max(...values.map(Math.abs)))
        values.forEach((value, i) => {
          const back = (layer.inputs[i]! * scale) / 127
          expect(Math.abs(back - value)).to.be.at.most(scale / 254 + 1e-9 * scale)
          if (Math.abs(value) === scale && scale > 0) expect(Math.abs(layer.inputs[i]!)).to.equal(127)
        })
      }),
    )
  })

  it('gives a sample of zeros scale 0', () => {
    const layer = quantise(captureOf([0, 0], [0], [1])).layers[0]!
    expect([...layer.inputs, layer.inputScales[0], ...layer.gradients]).to.deep.equal([0, 0, 0, 0])
  })

  it('takes numbers down to the smallest float32', () => {
    const layer = quantise(captureOf([2 ** -149, -(2 ** -149)], [1], [0.5])).layers[0]!
    expect([...layer.inputs]).to.deep.equal([127, -127])
  })

  it('keeps 1 - p, and not p: what is nearly certain still differs', () => {
    expect(valueOfHalf(quantise(captureOf([1], [1], [1 - 2 ** -20])).doubts[0]!)).to.equal(2 ** -20)
  })

  it('refuses a capture without probabilities', () => {
    expect(() => quantise(captureOf([1], [1])))
      .to.throw('probability')
      .with.property('code', 'INVALID_ARGUMENT')
  })
})
