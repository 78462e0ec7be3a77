import { expect } from 'chai'
import { combineShards } from '../../src/training/combineShards'

const shard = (loss: number, count: number, ...gradient: number[]) => ({
  loss: { dtype: 'float32' as const, dims: [], data: Float32Array.of(loss) },
  count: { dtype: 'float32' as const, dims: [], data: Float32Array.of(count) },
  gradient: { dtype: 'float32' as const, dims: [gradient.length], data: Float32Array.from(gradient) },
})

describe('combineShards', () => {
  it('weighs means by their token counts', () => {
    const combined = combineShards([shard(2, 1, 8, 0), shard(4, 3, 0, 4)])
    expect(combined.loss).to.equal(3.5)
    expect(combined.count).to.equal(4)
    expect(combined.gradient).to.deep.equal(Float32Array.of(2, 3))
    expect(combined.norm).to.be.closeTo(Math.sqrt(13), 1e-12)
  })

  it('gives zero, not NaN, when no token is scored', () => {
    const combined = combineShards([shard(0, 0, 0, 0), shard(0, 0, 0, 0)])
    expect(combined).to.deep.equal({ loss: 0, count: 0, gradient: Float32Array.of(0, 0), norm: 0 })
  })
})
