import { expect } from 'chai'
import fc from 'fast-check'
import { DotKernel } from '../../src/featureStore/dotKernel'
import { CHUNK } from '../../src/featureStore/dotModule'

describe('DotKernel', () => {
  it('is exact for integers that int16 holds, for any width and number of rows', () => {
    const width = fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5),
    )
    const shape = fc.record({ dims: width, rows: fc.integer({ min: 1, max: 5 }), seed: fc.nat() })
    fc.assert(
      fc.property(shape, ({ dims, rows, seed }) => {
        const kernel = new DotKernel(dims, rows)
        const code = (i: number, j: number): number => ((seed + 31 * i + 17 * j) % 255) - 127
        // the largest entry is 32767, so that the scale is exactly 1
        const vector = Float64Array.from({ length: dims }, (_, j) =>
          j === 0 ? 32767 : ((seed + 7919 * j) % 65535) - 32767,
        )
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < dims; j++) kernel.codes[i * kernel.stride + j] = code(i, j)
        const products = new Float64Array(rows)
        kernel.take(vector)
        kernel.multiply(rows, new Float32Array(rows).fill(1), products)
        for (let i = 0; i < rows; i++)
          expect(products[i]).to.equal(vector.reduce((sum, x, j) => sum + x * code(i, j), 0))
      }),
      { numRuns: 100 },
    )
  })

  it('does not overflow where every code and entry is the largest', () => {
    const dims = 5 * CHUNK
    const kernel = new DotKernel(dims, 1)
    kernel.codes.fill(-127)
    kernel.take(new Float64Array(dims).fill(1))
    const products = new Float64Array(1)
    kernel.multiply(1, Float32Array.of(1), products)
    expect(products[0]).to.be.closeTo(-127 * dims, 1e-6)
  })

  it('gives 0 for a vector of zeros', () => {
    const kernel = new DotKernel(3, 1)
    kernel.codes.fill(5)
    kernel.take([0, 0, 0])
    const products = Float64Array.of(1)
    kernel.multiply(1, Float32Array.of(1), products)
    expect(products[0]).to.equal(0)
  })
})
