import { expect } from 'chai'
import { unsaturated, checkpointSets, explored, thinned } from '../../../src/scoring/audit/checkpointSets'
import { candidates } from '../../../src/scoring/audit/candidates'
import { blockDamping, defaultOf, dualDamping } from '../../../src/scoring/audit/defaults'
import type { ModelFacts } from '../../../src/scoring/audit/modelFacts'

const FACTS: ModelFacts = {
  ...{ task: 'classification', samples: 1000, queries: 200, classes: 10 },
  ...{ layers: 3, largestLayer: 4160, positions: 1, memory: 2 ** 30 },
}
const FIT = { loss: 0.02, median: 0.01, doubt: 0.01 }
const methods = (facts: ModelFacts, fit = FIT): string[] =>
  defaultOf(facts, fit).parts.map(({ base }) => base.method)

describe('defaultOf', () => {
  it('scores a classifier by its kernel, EK-FAC and blocks', () => {
    expect(methods(FACTS)).to.deep.equal(['dual-margin-ggn', 'ek-fac', 'ggn'])
  })
  it('damps a model that has barely begun far more', () => {
    const damping = (median: number): number =>
      Number(defaultOf(FACTS, { ...FIT, median }).parts[0]!.base.settings.damping)
    expect(damping(1.4)).to.be.greaterThan(30 * damping(0.01))
  })
  it('scores a convex model with a known L2 in closed form', () => {
    expect(methods({ ...FACTS, layers: 1, weightDecay: '0.001' })).to.deep.equal(['closed-form'])
  })
  it('scores sequences by EK-FAC', () => {
    expect(
      methods({ ...FACTS, task: 'causal-lm', classes: undefined, positions: 32 } as ModelFacts),
    ).to.deep.equal(['ek-fac'])
  })
  it('goes over to features where the kernel would be too large', () => {
    expect(methods({ ...FACTS, samples: 100_000 })).to.deep.equal(['logra'])
  })
  it('leaves the kernel out where memory does not hold it', () => {
    expect(methods({ ...FACTS, memory: 2 ** 20 })).not.to.include('dual-margin-ggn')
  })
  it('has weights that sum to 1 and a reason', () => {
    for (const task of ['classification', 'regression', 'binary', 'causal-lm'] as const) {
      const { parts, why } = defaultOf({ ...FACTS, task }, FIT)
      expect(parts.reduce((sum, { weight }) => sum + weight, 0)).to.be.closeTo(1, 1e-12)
      expect(why).not.to.equal('')
    }
  })
})

describe('damping', () => {
  it('is less for value than for usage', () => {
    expect(dualDamping(0, 'value')).to.be.lessThan(dualDamping(0, 'usage'))
  })

  it('never falls as more of the loss is left', () => {
    for (const rule of [(open: number) => dualDamping(open), blockDamping])
      for (let open = 0.05; open <= 1; open += 0.05) expect(rule(open)).to.be.at.least(rule(open - 0.05))
  })
})

describe('candidates', () => {
  it('asks each method at several dampings, once each', () => {
    const ids = candidates(FACTS).map(({ id }) => id)
    expect(new Set(ids).size).to.equal(ids.length)
    expect(ids.filter(id => id.startsWith('dual-margin-ggn')).length).to.be.greaterThan(4)
  })
  it('asks no kernel of sequences', () => {
    const ids = candidates({ ...FACTS, task: 'causal-lm' }).map(({ method }) => method)
    expect(ids).not.to.include('dual-margin-ggn')
  })
})

describe('unsaturated', () => {
  const fits = new Map(
    [0.15, 0.05, 0.04, 0.01, 0.001].map((doubt, at) => [at, { loss: 1, median: 1, doubt }]),
  )
  it('takes the checkpoints in the band', () => {
    expect(unsaturated([[0, 1, 2, 3, 4]], fits)).to.deep.equal([1, 2])
  })
  it('takes the nearest of a run that has none there', () => {
    expect(unsaturated([[0], [3, 4]], fits)).to.deep.equal([0, 3])
  })
  it('takes all where p is not known', () => {
    expect(unsaturated([[0, 1]], new Map([[0, { loss: 1, median: 1 }]]))).to.deep.equal([0, 1])
  })
})

describe('checkpointSets', () => {
  it('has each content once', () => {
    expect(checkpointSets([[0]]).map(({ name }) => name)).to.deep.equal(['all'])
    expect(
      checkpointSets([
        [0, 1, 2],
        [3, 4, 5],
      ]).find(({ name }) => name === 'final')!.checkpoints,
    ).to.deep.equal([2, 5])
  })
})

describe('explored', () => {
  it('takes ends and middles, no more than asked', () => {
    expect(explored([[0, 1, 2, 3, 4]], 3)).to.deep.equal([4, 0, 2])
    expect(
      explored(
        Array.from({ length: 10 }, (_, run) => [5 * run, 5 * run + 4]),
        4,
      ),
    ).to.have.length(4)
  })
})

describe('thinned', () => {
  it('keeps both ends', () => {
    expect(thinned([0, 1, 2, 3, 4, 5, 6], 3)).to.deep.equal([0, 3, 6])
    expect(thinned([1, 2], 3)).to.deep.equal([1, 2])
  })
})
