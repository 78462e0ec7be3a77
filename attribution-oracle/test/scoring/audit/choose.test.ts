import { expect } from 'chai'
import type { ScoreMatrix } from '../../../src/scoring/capture'
import { choose } from '../../../src/scoring/audit/choose'
import { averaged, type Evidence, parted, predictions } from '../../../src/scoring/audit/evidence'
import { auditReport } from '../../../src/scoring/audit/report'
import { evidenceFor, mixed, randomScores } from './synthetic'

const A = randomScores(60, 12, 'a')
const B = randomScores(60, 12, 'b')
const NOISE = randomScores(60, 12, 'n')

function run(scores: Record<string, ScoreMatrix>, evidence: Evidence, byDefault = 0) {
  const contenders = Object.entries(scores).map(([id, own]) => ({ id, sums: predictions(evidence, own) }))
  return choose(contenders, evidence, {
    seed: 's',
    byDefault: [{ index: byDefault, weight: 1 }],
    why: 'as a rule',
  })
}

describe('choose', () => {
  describe('given one contender that is right', () => {
    const { report, parts } = run({ noise: NOISE, right: A }, evidenceFor(A, 32, 0.5))

    it('takes it and says by how much it is ahead', () => {
      expect(report.by).to.equal('evidence')
      expect(report.chosen[0]!.id).to.equal('right')
      expect(parts[0]!.index).to.equal(1)
      expect(report.why).to.match(/ahead of the default by \d\.\d{3}/)
    })
    it('reports on subsets that did not choose, with an interval', () => {
      expect(report.subsets).to.deep.equal({ choosing: 16, reporting: 16 })
      expect(report.reporting!.mean).to.be.within(report.reporting!.low, report.reporting!.high)
      expect(report.reporting!.mean).to.be.greaterThan(0.5)
    })
    it('lists every contender', () => {
      expect(report.table.map(({ id }) => id)).to.deep.equal(['right', 'noise'])
      expect(auditReport.parse(report)).to.deep.equal(report)
    })
  })

  it('mixes two contenders that each know a part', () => {
    const { report } = run({ a: A, b: B, noise: NOISE }, evidenceFor(mixed(A, B, 1), 40, 0.3))
    expect(report.chosen.map(({ id }) => id).sort()).to.deep.equal(['a', 'b'])
    const best = Math.max(...report.table.map(({ reporting }) => reporting))
    expect(report.reporting!.mean).to.be.greaterThan(best + 0.1)
  })

  it('never changes its choice for the losses of the reporting half', () => {
    const evidence = evidenceFor(mixed(A, B, 0.5), 40, 0.3)
    const { reporting } = parted(40, 's')
    const losses = evidence.losses.slice()
    for (const subset of reporting) losses.fill(subset, subset * 12, subset * 12 + 12)
    const scores = { a: A, b: B }
    expect(run(scores, { ...evidence, losses }).parts.map(({ index }) => index)).to.deep.equal(
      run(scores, evidence).parts.map(({ index }) => index),
    )
  })

  it('keeps the default where others are no better than noise', () => {
    const near = mixed(A, NOISE, 0.02)
    const { report } = run({ near, other: mixed(A, B, 0.02) }, evidenceFor(A, 32, 1))
    expect(report.by).to.equal('default')
    expect(report.chosen).to.deep.equal([{ id: 'near', weight: 1 }])
    expect(report.why).to.include('as a rule')
  })

  it('keeps the default and says so where subsets are too few', () => {
    const { report } = run({ noise: NOISE, right: A }, evidenceFor(A, 15, 0))
    expect(report.by).to.equal('default')
    expect(report.why).to.include('15 subsets')
    expect(report.choosing).to.equal(undefined)
  })

  it('chooses by means where only means are known', () => {
    const { report } = run({ noise: NOISE, right: A }, evidenceFor(averaged(A), 60, 0.2))
    expect(report.chosen[0]!.id).to.equal('right')
  })
})
