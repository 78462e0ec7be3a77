import { expect } from 'chai'
import { ofMeanLoss } from '../../../src/scoring/audit/evidence'
import { spreadsOf, summed, valuesBySpread } from '../../../src/scoring/audit/valueBySpread'
import type { BaseScores } from '../../../src/scoring/audit/baseScores'

const evidence = {
  masks: new Uint8Array([1, 0, 0, 1]),
  subsets: 2,
  columns: 2,
  losses: Float64Array.of(1, 10, 3, 10),
}
const base = { id: 'ggn', method: 'ggn', settings: {} } as const
const standing = { parts: [{ base, weight: 1 }], why: '' }
const options = { task: 'classification', runs: [[0], [1]], seed: '', memory: 1 } as const

/** Two samples, two queries; the second checkpoint says the same a thousand times louder. */
const scores = {
  at: (_: unknown, checkpoint: number) =>
    Promise.resolve({
      rows: 2,
      columns: 2,
      data: Float64Array.of(1, -500, -1, 500).map(value => value * (checkpoint === 0 ? 1 : 1000)),
    }),
} as unknown as BaseScores

describe('value by the spread of the losses', () => {
  it('needs losses per query that move', () => {
    expect([...spreadsOf(evidence)!]).to.deep.equal([1, 0])
    expect(spreadsOf(ofMeanLoss(evidence))).to.equal(undefined)
    expect(spreadsOf({ ...evidence, losses: new Float64Array(4) })).to.equal(undefined)
  })

  it('weighs queries by how much they can move, whatever the size of their scores', async () => {
    const values = await valuesBySpread(scores, standing, options, Float64Array.of(1, 0.1))
    expect(values.map(({ run }) => run)).to.deep.equal([0, 1])
    for (const { values: own } of values) {
      expect(own[0]).to.be.closeTo((1 - 0.1) / 2, 1e-12)
      expect(own[1]).to.be.closeTo(-(1 - 0.1) / 2, 1e-12)
    }
    expect(summed(values).data[0]).to.be.closeTo(0.9, 1e-12)
  })

  it('reduces evidence to the mean over the queries', () => {
    expect([...ofMeanLoss(evidence).losses]).to.deep.equal([5.5, 6.5])
  })
})
