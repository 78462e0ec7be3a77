import { expect } from 'chai'
import { counterBytes } from '@open-datanets/onnx-engine'
import { sampleToken } from '../../src/decoding/sampleToken'

const never = (): number => expect.fail('a greedy choice needs no random number')

describe('sampleToken', () => {
  it('takes the largest logit at temperature 0, the lowest id on a tie', () => {
    expect(sampleToken(Float32Array.of(1, 3, 2, 3), 0, never)).to.equal(1)
  })

  it('inverts the cumulative softmax', () => {
    const logits = Float32Array.of(Math.log(1), Math.log(2), Math.log(5))
    for (const [uniform, token] of [
      [0, 0],
      [0.124, 0],
      [0.126, 1],
      [0.374, 1],
      [0.376, 2],
      [0.999999, 2],
    ] as const) {
      expect(
        sampleToken(logits, 1, () => uniform),
        `at ${uniform}`,
      ).to.equal(token)
    }
  })

  it('samples with the probabilities of the softmax at a temperature', () => {
    const logits = Float32Array.of(0, 1, 2)
    const stream = counterBytes('seed', 'test')
    const counts = [0, 0, 0]
    const draws = 20_000
    for (let i = 0; i < draws; i++) counts[sampleToken(logits, 2, () => stream.uniform())]!++
    const weights = [0, 1, 2].map(logit => Math.exp(logit / 2))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    for (const [token, weight] of weights.entries()) {
      expect(counts[token]! / draws).to.be.closeTo(weight / total, 0.015)
    }
  })
})
