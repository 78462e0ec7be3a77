import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalJson } from '../../src/domain'
import { isFault } from '../../src/errors'
import { CAUSES, explainAccountIn, accountText, type Cause, type SettledEpoch } from '../../src/pipeline'
import { loadKeccak, treeDomains, TreeBuilder } from '../../src/settlement'
import { settleScenes, twoEpochs, type EpochScene, type Judged } from './settledEpochs'

const E18 = 10n ** 18n
const sumOf = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n)

describe('explainAccountIn', function () {
  this.timeout(60_000)
  let trees: TreeBuilder
  before(async () => {
    const keccak = await loadKeccak()
    trees = new TreeBuilder(keccak, treeDomains(keccak, 31337, `0x${'11'.repeat(20)}`, 1))
  })

  const judged = (owner: number, score: number, rest: Partial<Judged> = {}): Judged => ({
    owner,
    reason: 'ACCEPTED',
    novelty: 1,
    scores: [score, undefined, undefined],
    ...rest,
  })
  const scene = (contributions: Judged[], pool = 100n * E18): EpochScene => ({
    contributions,
    funded: [pool, 0n, 0n],
    fees: [0n, 0n],
  })
  const accountAt = (epoch: SettledEpoch, index: number): string => epoch.tables.ledger[index]!.account
  /** The causes that are not zero, in whole tokens where they are whole. */
  const causesFor = async (
    index: number,
    ...scenes: EpochScene[]
  ): Promise<Partial<Record<Cause, bigint>>> => {
    const [one, two] = await settleScenes(trees, scenes)
    const { change } = explainAccountIn(two!, one, accountAt(two!, index))
    return Object.fromEntries(Object.entries(change!.causes).filter(([, amount]) => amount !== 0n))
  }

  it('rebuilds every account of any two epochs to the wei, and takes every difference apart to the wei', async () => {
    await fc.assert(
      fc.asyncProperty(twoEpochs, async scenes => {
        const [one, two] = await settleScenes(trees, scenes)
        let paid = 0n
        for (const [index, { account, cumulative }] of two!.tables.ledger.entries()) {
          const explained = explainAccountIn(two!, one, account)
          const { amount, contributions, pools, change } = explained
          expect(amount).to.equal(cumulative - (one!.tables.ledger[index]?.cumulative ?? 0n))
          expect(sumOf(contributions.map(each => each.amount))).to.equal(amount)
          expect(sumOf(pools.map(pool => pool.amount))).to.equal(amount)
          for (const { pools: shares } of contributions)
            for (const { weight, scoredWeight } of shares) expect(weight).to.equal(scoredWeight)
          const earlier =
            index < one!.tables.ledger.length ? explainAccountIn(one!, undefined, account).amount : 0n
          expect(change!.difference).to.equal(amount - earlier)
          expect(sumOf(CAUSES.map(cause => change!.causes[cause]))).to.equal(change!.difference)
          for (const pool of change!.pools) {
            expect(sumOf(CAUSES.map(cause => pool.causes[cause]))).to.equal(pool.after - pool.before)
            expect(pool.causes.posted).to.equal(0n)
            expect(pool.causes.rounding >= -3n && pool.causes.rounding <= 3n).to.equal(true)
          }
          expect(accountText(explained)).to.include('Checked')
          paid += amount
        }
        expect(paid).to.equal(sumOf(two!.tables.manifest.map(pool => pool.amount)))
      }),
    )
  })

  describe('given one change between the epochs', () => {
    const both = [judged(0, 1), judged(1, 1)]

    it('names the pool where it alone paid more', async () => {
      expect(await causesFor(0, scene(both), scene(both, 300n * E18))).to.deep.equal({ pool: 100n * E18 })
    })

    it('names others where somebody else contributed, or scored otherwise', async () => {
      const joined = scene([...both, judged(2, 2)])
      expect(await causesFor(0, scene(both), joined)).to.deep.equal({ others: -25n * E18 })
      expect(await causesFor(0, scene(both), scene([both[0]!, judged(1, 3)]))).to.deep.equal({
        others: -25n * E18,
      })
    })

    it('names own scores, own new contributions, own decisions and what was taken back', async () => {
      expect(await causesFor(0, scene(both), scene([judged(0, 3), both[1]!]))).to.deep.equal({
        ownScores: 25n * E18,
      })
      expect(await causesFor(0, scene(both), scene([...both, judged(0, 2)]))).to.deep.equal({
        new: 25n * E18,
      })
      const copied = judged(0, 1, { reason: 'NEAR_COPY' })
      expect(await causesFor(0, scene([copied, ...both]), scene([judged(0, 2), ...both]))).to.deep.equal({
        decision: 25n * E18,
      })
      const gone = judged(0, 1, { reason: 'WITHDRAWN' })
      expect(await causesFor(0, scene([judged(0, 2), ...both]), scene([gone, ...both]))).to.deep.equal({
        withdrawn: -25n * E18,
      })
    })

    it('calls it the pool where it paid nothing in one of the epochs', async () => {
      expect(await causesFor(0, scene([judged(0, 0)]), scene([judged(0, 1)]))).to.deep.equal({
        pool: 200n * E18,
      })
    })

    it('takes more sales of a model as a larger pool, not as larger scores', async () => {
      const sold = (scale: number): EpochScene => ({
        contributions: [1, 3].map((score, owner) =>
          judged(owner, 0, { scores: [undefined, score * scale, undefined] }),
        ),
        funded: [0n, BigInt(scale) * E18, 0n],
        fees: [BigInt(scale) * E18, 0n],
      })
      expect(await causesFor(0, sold(1), sold(5))).to.deep.equal({ pool: E18 })
    })
  })

  it('says which decisions changed, and shows the difference to a person', async () => {
    const copied = judged(0, 1, { reason: 'NEAR_COPY' })
    const [one, two] = await settleScenes(trees, [
      scene([copied, judged(1, 1)]),
      scene([judged(0, 1), judged(1, 1), judged(0, 2)]),
    ])
    const explained = explainAccountIn(two!, one, accountAt(two!, 0))
    expect(explained.change!.decisions).to.deep.equal([
      { id: 0n, before: 'NEAR_COPY', after: 'ACCEPTED' },
      { id: 1n, before: null, after: 'ACCEPTED' },
    ])
    const text = accountText(explained)
    expect(text).to.include('earned in this epoch  75.000000000000000000 OPEN')
    expect(text).to.match(/own contributions decided otherwise +\+50\.0{18} OPEN/)
    expect(text).to.match(/own contributions that are new +\+25\.0{18} OPEN/)
    expect(text).to.include('contribution 0: NEAR_COPY -> ACCEPTED')
    const json = JSON.parse(canonicalJson(explained)) as {
      amount: string
      change: { causes: { new: string } }
    }
    expect([json.amount, json.change.causes.new]).to.deep.equal([String(75n * E18), String(25n * E18)])
  })

  it('sets apart weights that the post does not have from its scores', async () => {
    const scenes = [scene([judged(0, 1), judged(1, 1)]), scene([judged(0, 1), judged(1, 1)])]
    let epoch = 0
    const [one, two] = await settleScenes(trees, scenes, weights => {
      if (++epoch < 2) return
      weights[0]!.weight += 250_000_000n
      weights[1]!.weight -= 250_000_000n
    })
    const { change, contributions } = explainAccountIn(two!, one, accountAt(two!, 0))
    expect(change!.causes.posted).to.equal(25n * E18)
    expect(contributions[0]!.pools[0]!.scoredWeight).to.equal(500_000_000n)
  })

  it('refuses an account that the ledger does not hold', async () => {
    const [one] = await settleScenes(trees, [scene([judged(0, 1)])])
    const explain = (): unknown => explainAccountIn(one!, undefined, `0x${'ee'.repeat(20)}`)
    expect(explain)
      .to.throw()
      .that.satisfies((error: unknown) => isFault(error, 'INVALID_ARGUMENT'))
  })

  it('calls it broken where shares, journal and ledger do not say the same', async () => {
    const [honest] = await settleScenes(trees, [scene([judged(0, 1), judged(1, 1)])])
    const { tables } = honest!
    const raised = <R extends object>(rows: readonly R[], change: Partial<R>): R[] =>
      rows.map((row, i) => (i === 0 ? { ...row, ...change } : row))
    const broken = [
      { journal: raised(tables.journal, { amount: 51n * E18 }) },
      { journal: [] },
      { ledger: raised(tables.ledger, { cumulative: 51n * E18 }) },
      { weights: raised(tables.weights, { weight: 1n }) },
      { screening: tables.screening.slice(1) },
    ]
    for (const change of broken) {
      const explain = (): unknown =>
        explainAccountIn({ ...honest!, tables: { ...tables, ...change } }, undefined, accountAt(honest!, 0))
      expect(explain, Object.keys(change).join())
        .to.throw()
        .that.satisfies((error: unknown) => isFault(error, 'INVARIANT_BROKEN'))
    }
  })
})
