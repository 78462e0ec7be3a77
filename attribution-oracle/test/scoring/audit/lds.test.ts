import { expect } from 'chai'
import { averaged, checkEvidence, parted } from '../../../src/scoring/audit/evidence'
import { lds, ldsInterval } from '../../../src/scoring/audit/lds'
import { predictions } from '../../../src/scoring/audit/evidence'
import { AttributionOracleError } from '../../../src/errors'
import { evidenceFor, mixed, randomScores } from './synthetic'

const TRUTH = randomScores(60, 12, 'truth')

describe('lds', () => {
  it('is 1 for the scores that the losses follow, -1 for their negatives', () => {
    const evidence = evidenceFor(TRUTH, 40, 0)
    expect(lds(TRUTH, evidence)).to.be.closeTo(1, 1e-12)
    expect(lds({ ...TRUTH, data: TRUTH.data.map(x => -x) }, evidence)).to.be.closeTo(-1, 1e-12)
  })

  it('falls with the share of noise in the scores', () => {
    const evidence = evidenceFor(TRUTH, 60, 0)
    const noise = randomScores(60, 12, 'noise')
    const [none, some, much] = [0, 1, 4].map(weight => lds(mixed(TRUTH, noise, weight), evidence))
    expect(none).to.be.greaterThan(some! + 0.1)
    expect(some).to.be.greaterThan(much! + 0.1)
  })

  it('compares means where the evidence has only means', () => {
    const means = evidenceFor(averaged(TRUTH), 30, 0)
    expect(means.columns).to.equal(1)
    expect(lds(TRUTH, means)).to.be.closeTo(1, 1e-12)
  })
})

describe('ldsInterval', () => {
  it('holds the figure and shrinks with more subsets', () => {
    const width = (subsets: number): number => {
      const evidence = evidenceFor(TRUTH, subsets, 1)
      const all = Array.from({ length: subsets }, (_, subset) => subset)
      const { mean, low, high } = ldsInterval(predictions(evidence, TRUTH), evidence, all, 'seed')
      expect(mean).to.be.within(low, high)
      return high - low
    }
    expect(width(120)).to.be.lessThan(width(16))
  })
})

describe('parted', () => {
  it('gives every subset to one half', () => {
    const { choosing, reporting } = parted(33, 'seed')
    expect([...choosing, ...reporting].sort((a, b) => a - b)).to.deep.equal(
      Array.from({ length: 33 }, (_, i) => i),
    )
    expect(choosing).to.have.length(17)
    expect(parted(33, 'seed')).to.deep.equal({ choosing, reporting })
    expect(parted(33, 'other').choosing).not.to.deep.equal(choosing)
  })
})

describe('checkEvidence', () => {
  const evidence = evidenceFor(TRUTH, 20, 0)
  const refuses = (broken: typeof evidence, argument: string): void => {
    expect(() => checkEvidence(broken, 60, 12))
      .to.throw(AttributionOracleError)
      .with.nested.property('data.argument', argument)
  }

  it('takes what fits', () => {
    expect(checkEvidence(evidence, 60, 12)).to.equal(evidence)
  })
  it('refuses masks of other samples', () =>
    refuses({ ...evidence, masks: evidence.masks.slice(1) }, 'masks'))
  it('refuses other than 0 and 1', () =>
    refuses({ ...evidence, masks: evidence.masks.map(x => 2 * x) }, 'masks'))
  it('refuses losses of other queries', () => refuses({ ...evidence, columns: 5 }, 'losses'))
  it('refuses losses that are not finite', () =>
    refuses({ ...evidence, losses: evidence.losses.map((x, at) => (at === 7 ? NaN : x)) }, 'losses'))
})
