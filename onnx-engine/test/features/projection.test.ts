import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { numbersOf, projection } from '../../src/index'

const of = (layer: string, side: 'in' | 'out', width = 128, k = 8) =>
  numbersOf(projection({ seed: 's', layer, side }, width, k, 'float64'))

describe('projection', () => {
  it('takes its signs from the bits of SHA-256 in counter mode', () => {
    const values = of('layer', 'in')
    const counter = Buffer.from([0, 0, 0, 1])
    const second = createHash('sha256').update('open-datanets/projection/v1slayerin').update(counter).digest()
    const expected = Array.from(
      { length: 256 },
      (_, i) => (((second[i >> 3]! >> (i % 8)) & 1) === 1 ? 1 : -1) / Math.sqrt(8),
    )
    expect(values.slice(256, 512)).to.deep.equal(expected)
  })

  it('keeps lengths on average: rows are unit vectors, nearly orthogonal', () => {
    const [width, k] = [256, 64]
    const values = of('layer', 'out', width, k)
    const dot = (i: number, j: number): number => {
      let sum = 0
      for (let c = 0; c < k; c++) sum += values[i * k + c]! * values[j * k + c]!
      return sum
    }
    let squares = 0
    for (let i = 0; i < width; i++) {
      expect(dot(i, i)).to.be.closeTo(1, 1e-12)
      for (let j = 0; j < i; j++) squares += dot(i, j) ** 2
    }
    // The square of a product of two independent rows has mean 1/k.
    expect((squares / ((width * (width - 1)) / 2)) * k).to.be.closeTo(1, 0.05)
  })

  it('differs between layers and sides', () => {
    expect(of('a', 'in')).to.not.deep.equal(of('b', 'in'))
    expect(of('a', 'in')).to.not.deep.equal(of('a', 'out'))
  })
})
