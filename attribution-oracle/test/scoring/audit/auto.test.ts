import { expect } from 'chai'
import { methodNamed } from '../../../src/scoring/methods'
import { scoreUsage, scoreValue } from '../../../src/scoring/audit/auto'
import { averaged } from '../../../src/scoring/audit/evidence'
import { lds } from '../../../src/scoring/audit/lds'
import { evidenceFor, randomScores } from './synthetic'
import { SoftmaxModel } from './softmaxModel'

const ROWS = 50
const QUERIES = 8
const OPTIONS = {
  ...({ task: 'classification', runs: [[0, 1, 2, 3, 4]], seed: 'auto', memory: 2 ** 28 } as const),
}

describe('scoreUsage', () => {
  describe('given no evidence', () => {
    it('scores every checkpoint by the rule and says that nobody measured', async () => {
      const model = new SoftmaxModel(ROWS, QUERIES)
      const { scores, report } = await scoreUsage(model, OPTIONS)
      expect(scores).to.include({ rows: ROWS, columns: QUERIES })
      expect(scores.data.every(Number.isFinite)).to.equal(true)
      expect(report.by).to.equal('default')
      expect(report.why).to.include('no evidence')
      expect([...new Set(model.opened)].sort()).to.deep.equal([0, 1, 2, 3, 4])
    })
    it('gives equal bits for equal arguments', async () => {
      const run = async () => (await scoreUsage(new SoftmaxModel(ROWS, QUERIES), OPTIONS)).scores.data
      expect(await run()).to.deep.equal(await run())
    })
  })

  describe('given evidence that follows another method than the rule', () => {
    it('predicts subsets that chose nothing better than the rule', async () => {
      const model = new SoftmaxModel(ROWS, QUERIES)
      const truth = await methodNamed('ggn').score(await model.capture(0), { damping: '10' })
      const evidence = evidenceFor(truth, 40, 0)
      const chosen = await scoreUsage(model, { ...OPTIONS, evidence })
      expect(chosen.report.by).to.equal('evidence')
      const rule = await scoreUsage(model, OPTIONS)
      const fresh = evidenceFor(truth, 40, 0, 'fresh')
      expect(lds(chosen.scores, fresh)).to.be.greaterThan(lds(rule.scores, fresh) + 0.02)
    })
  })

  describe('given scores that need no gradient', () => {
    const extra = [{ id: 'spans', scores: randomScores(ROWS, QUERIES, 'spans') }]
    it('lets the evidence decide their share', async () => {
      const model = new SoftmaxModel(ROWS, QUERIES)
      const evidence = evidenceFor(extra[0]!.scores, 40, 0.2)
      const { parts } = await scoreUsage(model, { ...OPTIONS, evidence, extra })
      expect(parts.find(({ id }) => id === 'spans')!.weight).to.be.greaterThan(0.8)
    })
    it('gives them a small one without evidence', async () => {
      const { parts } = await scoreUsage(new SoftmaxModel(ROWS, QUERIES), { ...OPTIONS, extra })
      expect(parts.find(({ id }) => id === 'spans')!.weight).to.equal(0.25)
    })
  })

  it('refuses evidence of other samples', async () => {
    const evidence = evidenceFor(randomScores(ROWS + 1, QUERIES, 'x'), 20, 0)
    const failed = await scoreUsage(new SoftmaxModel(ROWS, QUERIES), { ...OPTIONS, evidence }).catch(
      (e: unknown) => e,
    )
    expect(failed).to.have.nested.property('data.argument', 'masks')
  })
})

describe('scoreValue', () => {
  it('gives one value per sample and checkpoint, not normalised', async () => {
    const model = new SoftmaxModel(ROWS, QUERIES)
    const { perCheckpoint, parts } = await scoreValue(model, OPTIONS)
    expect(perCheckpoint.length).to.equal(parts[0]!.checkpoints.length)
    const { base, checkpoints } = parts[0]!
    const scores = await methodNamed(base!.method).score(await model.capture(checkpoints[0]!), {
      seed: `auto/${checkpoints[0]}`,
      memory: OPTIONS.memory,
      ...base!.settings,
    })
    expect([...perCheckpoint[0]!.values]).to.deep.equal([...averaged(scores).data])
  })
  it('takes what predicts the mean loss where evidence has it', async () => {
    const model = new SoftmaxModel(ROWS, QUERIES)
    const { parts } = await scoreValue(model, OPTIONS)
    const truth = averaged(
      await methodNamed('ggn').score(await model.capture(parts[0]!.checkpoints[0]!), { damping: '10' }),
    )
    const { report } = await scoreValue(model, { ...OPTIONS, evidence: evidenceFor(truth, 80, 0) })
    expect(report.reporting!.mean).to.be.greaterThan(0.7)
  })
})
