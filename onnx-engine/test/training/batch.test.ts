import { expect } from 'chai'
import fc from 'fast-check'
import { OnnxEngineError } from '../../src/errors'
import { batchOf, shardsOf } from '../../src/training/batch'

describe('batch', () => {
  it('holds rows as int64 tensors', () => {
    const { tokens, targets } = batchOf(
      [[1, 2], Int32Array.of(3, 4)],
      [
        [2, -1],
        [4, -1],
      ],
    )
    expect(tokens).to.deep.equal({ dtype: 'int64', dims: [2, 2], data: BigInt64Array.of(1n, 2n, 3n, 4n) })
    expect(targets.data).to.deep.equal(BigInt64Array.of(2n, -1n, 4n, -1n))
  })

  it('refuses rows of different lengths', () => {
    expect(() => batchOf([[1, 2], [3]], [[1, 2], [3]]))
      .to.throw(OnnxEngineError, 'row 1')
      .with.property('code', 'INVALID_ARGUMENT')
  })

  it('is cut into non-empty shards that together are the batch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9 }), (rows, shards) => {
        const tokens = Array.from({ length: rows }, (_, row) => [row, row + 100])
        const batch = batchOf(tokens, tokens)
        const parts = shardsOf(batch, shards)
        const sizes = parts.map(part => part.tokens.dims[0] as number)
        expect(parts.length).to.equal(Math.min(rows, shards))
        expect(Math.max(...sizes) - Math.min(...sizes)).to.be.at.most(1)
        expect(Math.min(...sizes)).to.be.at.least(1)
        expect(parts.flatMap(part => [...(part.targets.data as BigInt64Array)])).to.deep.equal([
          ...(batch.targets.data as BigInt64Array),
        ])
      }),
    )
  })
})
