import { expect } from 'chai'
import * as fc from 'fast-check'
import { ZeroHash } from 'ethers'
import type { Batch, Register } from '../../src/domain'
import { standingOf } from '../../src/pipeline/standing'

const NOTHING: Register = {
  datanets: [{ datanetId: 1, policy: 'open' }],
  terms: [],
  parents: [],
  decisions: [],
  withdrawals: [],
  licenses: [],
  successions: [],
}
const first = (contributorIndex: number): bigint => BigInt(contributorIndex) << 32n
const batchOf = (contributorIndex: number, itemCount: number, datanetId = 1): Batch => ({
  datanetId,
  batchId: first(contributorIndex),
  contributorIndex,
  contributor: '0x0000000000000000000000000000000000000001',
  firstContributionId: first(contributorIndex),
  itemCount,
  itemsRoot: ZeroHash as Batch['itemsRoot'],
  manifestDigest: ZeroHash as Batch['manifestDigest'],
})
const range = (contributorIndex: number, from: number, count: number) => ({
  contributorIndex,
  firstContributionId: first(contributorIndex) + BigInt(from),
  count,
})
const standing = (change: Partial<Register>) => standingOf({ register: { ...NOTHING, ...change } })

describe('standingOf', () => {
  it('given nothing: a batch takes part as one run, however many items it promises', () => {
    const count = 2 ** 32 - 1
    expect(standing({})(batchOf(3, count))).to.deep.equal([{ first: first(3), count, absence: undefined }])
  })

  describe('given a withdrawal', () => {
    it('cuts the batch where it begins and ends', () => {
      const runs = standing({ withdrawals: [range(1, 2, 3)] })(batchOf(1, 10))
      expect(runs.map(({ count, absence }) => [count, absence])).to.deep.equal([
        [2, undefined],
        [3, 'WITHDRAWN'],
        [5, undefined],
      ])
    })

    it("passes over what is not its sender's", () => {
      const withdrawals = [{ ...range(2, 0, 10), firstContributionId: first(1) }]
      expect(standing({ withdrawals })(batchOf(1, 10))).to.have.length(1)
    })

    it('agrees with a walk over every id, for any ranges', () => {
      const ranges = fc.array(fc.tuple(fc.nat(30), fc.nat(12)), { maxLength: 8 })
      fc.assert(
        fc.property(ranges, ranges, (gone, replaced) => {
          const withdrawals = gone.map(([from, count]) => range(1, from, count))
          const successions = replaced.map(([from, count]) => ({ ...range(1, from, count), successorId: 0n }))
          const runs = standing({ withdrawals, successions })(batchOf(1, 24))
          const told = runs.flatMap(({ count, absence }) => Array.from({ length: count }, () => absence))
          const inside = (list: typeof gone, i: number): boolean =>
            list.some(([from, count]) => i >= from && i < from + count)
          const expected = Array.from({ length: 24 }, (_, i) =>
            inside(gone, i) ? 'WITHDRAWN' : inside(replaced, i) ? 'SUPERSEDED' : undefined,
          )
          expect(told).to.deep.equal(expected)
          const ends = runs.map(run => run.first + BigInt(run.count))
          expect(runs.map(run => run.first)).to.deep.equal([first(1), ...ends.slice(0, -1)])
        }),
      )
    })
  })

  describe('given a curated Datanet', () => {
    const datanets: Register['datanets'] = [
      { datanetId: 1, policy: 'curated' },
      { datanetId: 2, policy: 'curated' },
    ]
    const decided = (...decisions: [datanetId: number, accepted: boolean][]) =>
      standing({
        datanets,
        decisions: decisions.map(([datanetId, accepted]) => ({ datanetId, batchId: first(1), accepted })),
      })(batchOf(1, 2))[0]!.absence

    it('a batch waits until it is decided', () => expect(decided()).to.equal('UNDECIDED'))
    it('a refused batch stays out', () => expect(decided([1, false])).to.equal('REFUSED'))
    it('the last decision counts', () => expect(decided([1, false], [1, true])).to.equal(undefined))
    it("another Datanet's owner decides nothing", () => expect(decided([2, true])).to.equal('UNDECIDED'))
  })
})
