import { expect } from 'chai'
import type { Samples } from '@open-datanets/onnx-engine'
import { keysOfSamples, pickRows, rowsOf } from '../../src/job'

const samples = (values: readonly number[], targets: readonly number[]): Samples => ({
  inputs: new Map([['x', { dtype: 'float32', dims: [targets.length, 2], data: Float32Array.from(values) }]]),
  targets: { dtype: 'int64', dims: [targets.length], data: BigInt64Array.from(targets, BigInt) },
  count: targets.length,
})

describe('keysOfSamples', () => {
  const three = samples([1, 2, 3, 4, 1, 2], [0, 1, 0])

  it('is of a sample, whatever its row', () => {
    const keys = keysOfSamples(three)
    expect(keys[2]).to.equal(keys[0])
    expect(keysOfSamples(pickRows(three, [1, 0]))).to.deep.equal([keys[1], keys[0]])
    expect(keysOfSamples(rowsOf(three, 1, 3))).to.deep.equal([keys[1], keys[2]])
  })

  it('changes with an input and with a target', () => {
    const [key] = keysOfSamples(three)
    expect(keysOfSamples(samples([1, 2.5], [0]))[0]).to.not.equal(key)
    expect(keysOfSamples(samples([1, 2], [1]))[0]).to.not.equal(key)
  })
})
