import { expect } from 'chai'
import fc from 'fast-check'
import { estimateValues, groupValues } from '../../../src/scoring/methods'

const at = (run: number, ...values: number[]): { run: number; values: Float64Array } => ({
  run,
  values: Float64Array.from(values),
})

describe('estimateValues', () => {
  it('is the mean over runs of their means over checkpoints, with the error of the runs', () => {
    const estimate = estimateValues([at(0, 1), at(0, 3), at(1, 4), at(2, 6)])
    expect(estimate.values[0]).to.equal(4)
    expect(estimate.standardErrors[0]).to.be.closeTo(Math.sqrt(4 / 3), 1e-12)
    expect(estimate.lower[0]).to.be.closeTo(4 - 2.92 * Math.sqrt(4 / 3), 1e-12)
    expect(estimate.spread).to.equal('runs')
  })

  it('measures over checkpoints where there is one run', () => {
    const estimate = estimateValues([at(0, 1), at(0, 2), at(0, 3)])
    expect(estimate.standardErrors[0]).to.be.closeTo(Math.sqrt(1 / 3), 1e-12)
    expect(estimate.spread).to.equal('checkpoints')
  })

  it('confirms nothing from a single checkpoint', () => {
    const estimate = estimateValues([at(0, 5, -2)])
    expect([...estimate.lower]).to.deep.equal([0, -2])
    expect(estimate.standardErrors[0]).to.be.NaN
    expect(estimate.spread).to.equal('none')
  })

  it('bounds lower from fewer runs of the same spread', () => {
    const numbers = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(numbers, numbers => {
        const once = estimateValues(numbers.map((value, run) => at(run, value)))
        const twice = estimateValues([...numbers, ...numbers].map((value, run) => at(run, value)))
        expect(once.lower[0]).to.be.at.most(twice.lower[0]! + 1e-12)
        expect(once.lower[0]).to.be.at.most(once.values[0]! + 1e-12)
      }),
    )
  })

  it('refuses no values, and values of different samples', () => {
    expect(() => estimateValues([])).to.throw('at least one')
    expect(() => estimateValues([at(0, 1), at(1, 1, 2)])).to.throw('2 numbers')
  })
})

describe('groupValues', () => {
  it('sums before the error is measured, so that what cancels inside a group is no error', () => {
    const groups = groupValues([at(0, 1, 3), at(1, 3, 1)], [0, 0], 1)
    const estimate = estimateValues(groups)
    expect([estimate.values[0], estimate.standardErrors[0]]).to.deep.equal([4, 0])
  })

  it('splits without gain: the sum over any two parts of a group is the group', () => {
    const whole = estimateValues(groupValues([at(0, 1, 3, 5), at(1, 3, 1, 2)], [0, 0, 0], 1))
    const parts = estimateValues(groupValues([at(0, 1, 3, 5), at(1, 3, 1, 2)], [0, 1, 1], 2))
    expect(parts.values[0]! + parts.values[1]!).to.equal(whole.values[0])
  })
})
