import { expect } from 'chai'
import fc from 'fast-check'
import {
  loadKeccak,
  settlePools,
  treeDomains,
  TreeBuilder,
  type Settlement,
  type WeightedPool,
} from '../../src/settlement'

const VAULT = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const account = (index: number): string => `0x${(index + 1).toString(16).padStart(40, '0')}`
const accountsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => account(i))
const earned = (s: Settlement, index: number): bigint =>
  s.journal.leaves.filter(l => l.contributorIndex === index).reduce((sum, l) => sum + l.amount, 0n)

interface Scene {
  pools: WeightedPool[]
  owners: number[]
  accounts: string[]
  previous: bigint[]
}

const wei = fc.bigInt({ min: 0n, max: 10n ** 27n })

/** Up to 4 pools over the same contributions, whose owners are among up to 6 contributors. */
const scene: fc.Arbitrary<Scene> = fc
  .record({
    contributors: fc.integer({ min: 1, max: 6 }),
    contributions: fc.integer({ min: 0, max: 12 }),
    pools: fc.integer({ min: 0, max: 4 }),
  })
  .chain(({ contributors, contributions, pools }) =>
    fc.record({
      accounts: fc.constant(accountsOf(contributors)),
      owners: fc.array(fc.nat(contributors - 1), { minLength: contributions, maxLength: contributions }),
      previous: fc.array(wei, { maxLength: contributors }),
      pools: fc.tuple(
        ...Array.from({ length: pools }, (_, p) =>
          fc
            .tuple(
              wei,
              wei,
              fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), {
                minLength: contributions,
                maxLength: contributions,
              }),
            )
            .map(([paidBefore, extra, weights]) => ({
              poolId: BigInt(p + 1) << 32n,
              funded: paidBefore + extra,
              paidBefore,
              weights: new Map(weights.map((weight, id) => [BigInt(id), weight])),
            })),
        ),
      ),
    }),
  )

describe('settlePools', () => {
  let trees: TreeBuilder
  before(async () => {
    const keccak = await loadKeccak()
    trees = new TreeBuilder(keccak, treeDomains(keccak, 31337, VAULT, 1))
  })

  const settle = (s: Scene): Settlement =>
    settlePools(trees, { ...s, contributorOf: id => s.owners[Number(id)]! })

  it('pays every pool with weights in full, to the wei, and no other', () => {
    fc.assert(
      fc.property(scene, s => {
        const result = settle(s)
        for (const [position, pool] of s.pools.entries()) {
          const weighted = [...pool.weights.values()].some(weight => weight > 0n)
          const paid = result.journal.leaves
            .filter(leaf => leaf.poolPosition === position)
            .reduce((sum, leaf) => sum + leaf.amount, 0n)
          expect(paid).to.equal(weighted ? pool.funded - pool.paidBefore : 0n)
          expect(result.manifest.leaves[position]!.cumulative).to.equal(pool.paidBefore + paid)
        }
      }),
    )
  })

  it('writes prefixes that are the running sums of each tree', () => {
    fc.assert(
      fc.property(scene, s => {
        const result = settle(s)
        const running = <L>(
          leaves: readonly L[],
          value: (leaf: L) => bigint,
          prefix: (leaf: L) => bigint,
        ): void => {
          let sum = 0n
          for (const leaf of leaves) {
            expect(prefix(leaf)).to.equal(sum)
            sum += value(leaf)
          }
        }
        running(
          result.ledger.leaves,
          l => l.cumulative,
          l => l.prefix,
        )
        running(
          result.journal.leaves,
          l => l.amount,
          l => l.prefix,
        )
        running(
          result.manifest.leaves,
          l => l.amount,
          l => l.prefix,
        )
        for (const pool of result.pools)
          running(
            pool.settlement.leaves,
            l => l.weight,
            l => l.prefix,
          )
      }),
    )
  })

  it('never lowers an account, and raises it by exactly its journal', () => {
    fc.assert(
      fc.property(scene, s => {
        const result = settle(s)
        expect(result.ledger.leaves.length).to.equal(s.accounts.length)
        result.ledger.leaves.forEach((leaf, i) => {
          expect(leaf.cumulative).to.equal((s.previous[i] ?? 0n) + earned(result, i))
        })
      }),
    )
  })

  it('does not depend on the order of pools and weights', () => {
    fc.assert(
      fc.property(scene, fc.infiniteStream(fc.nat()), (s, noise) => {
        const shuffled = <T>(items: T[]): T[] =>
          items
            .map(item => ({ item, key: noise.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(entry => entry.item)
        const pools = shuffled(
          s.pools.map(pool => ({ ...pool, weights: new Map(shuffled([...pool.weights])) })),
        )
        const [a, b] = [settle(s), settle({ ...s, pools })]
        expect(b.ledger.tree.root).to.equal(a.ledger.tree.root)
        expect(b.journal.tree.root).to.equal(a.journal.tree.root)
        expect(b.manifest.tree.root).to.equal(a.manifest.tree.root)
      }),
    )
  })

  it('pays an author who splits over k accounts what the one account would have earned', () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 2, max: 5 }), fc.nat(), (s, k, which) => {
        const splitter = which % s.accounts.length
        // accounts behind the splitter move up by k - 1; the splitter's items are dealt out over k neighbours
        let dealt = 0
        const owners = s.owners.map(owner =>
          owner < splitter ? owner : owner > splitter ? owner + k - 1 : splitter + (dealt++ % k),
        )
        const one = settle({ ...s, previous: [] })
        const many = settle({ ...s, previous: [], owners, accounts: accountsOf(s.accounts.length + k - 1) })
        const together = Array.from({ length: k }, (_, i) => earned(many, splitter + i)).reduce(
          (a, b) => a + b,
          0n,
        )
        expect(together).to.equal(earned(one, splitter))
        // whoever stands before or behind the split is not touched at all
        s.accounts.forEach((_, i) => {
          if (i !== splitter) expect(earned(many, i > splitter ? i + k - 1 : i)).to.equal(earned(one, i))
        })
      }),
    )
  })

  it('moves at most one wei per pool when accounts of one author do not stand next to each other', () => {
    fc.assert(
      fc.property(scene, fc.nat(), (s, which) => {
        const splitter = which % s.accounts.length
        let dealt = 0
        const owners = s.owners.map(owner => (owner === splitter && dealt++ % 2 ? s.accounts.length : owner))
        const one = settle({ ...s, previous: [] })
        const two = settle({ ...s, previous: [], owners, accounts: accountsOf(s.accounts.length + 1) })
        const difference = earned(two, splitter) + earned(two, s.accounts.length) - earned(one, splitter)
        expect(difference <= BigInt(s.pools.length) && -difference <= BigInt(s.pools.length)).to.equal(true)
      }),
    )
  })

  describe('given wrong arguments', () => {
    const base: Scene = { pools: [], owners: [0], accounts: accountsOf(1), previous: [] }
    const pool = { poolId: 1n, funded: 10n, paidBefore: 0n, weights: new Map([[0n, 1n]]) }

    it('refuses one pool twice', () => {
      expect(() => settle({ ...base, pools: [pool, pool] })).to.throw('pool 1 twice')
    })
    it('refuses a pool that was paid more than it was funded', () => {
      expect(() => settle({ ...base, pools: [{ ...pool, paidBefore: 11n }] })).to.throw('INVALID_ARGUMENT')
    })
    it('refuses a negative weight', () => {
      expect(() => settle({ ...base, pools: [{ ...pool, weights: new Map([[0n, -1n]]) }] })).to.throw(
        'zero or more',
      )
    })
    it('refuses a contribution whose contributor is not on chain', () => {
      expect(() => settle({ ...base, owners: [1], pools: [pool] })).to.throw('an index below 1')
    })
    it('refuses a previous ledger with accounts that the chain does not have', () => {
      expect(() => settle({ ...base, previous: [1n, 2n] })).to.throw('at most 1')
    })
  })
})
