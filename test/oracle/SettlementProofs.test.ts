import { anyValue } from '@nomicfoundation/hardhat-chai-matchers/withArgs'
import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { dataSlice } from 'ethers'

import { PositionalTree, rootOfProof } from '../../attribution-oracle/src/settlement'
import {
  provenJournal,
  provenManifest,
  provenSettlement,
} from '../../attribution-oracle/src/settlement/evidenceLeaves'
import { type Epoch, ITEMS, SIGNERS } from './corruptionScene'
import {
  type Ground,
  POOLS,
  type Published,
  expectRejected,
  firstEpoch,
  post,
  secondEpoch,
  told,
} from './settledEpochs'

const REASON = { total: 3, overFunded: 5, pool: 6, weight: 7, entry: 8 }
const MAX_128 = 2n ** 128n - 1n
const [POOL, , OTHER, NEW] = POOLS as [bigint, bigint, bigint, bigint]

/** An epoch after a change, posted, with other fields in the post. */
async function lied(
  change: (epoch: Epoch) => void = () => undefined,
  fixture: () => Promise<Ground> = secondEpoch,
  fields: Partial<Published['post']> = {},
) {
  const ground = await loadFixture(fixture)
  const published = told(ground, change)
  const lie = { ...published, post: { ...published.post, ...fields } }
  await post(ground, lie.post)
  return { ...ground, lie, proofs: ground.settlementProofs.connect(ground.challenger) }
}

const pool = ({ manifest }: Published, position: number) => provenManifest(manifest, position)
const was = ({ last }: Published, position: number) => provenManifest(last!.manifest!, position)
const weight = ({ settlements }: Published, position: number, poolId = POOL) =>
  provenSettlement(settlements.get(poolId)!, position)
const entry = ({ journal }: Published, position: number) => provenJournal(journal, position)

/** Leaves of the first pool: contributors 0, 1, 1, 1, 4. Journal: 0, 1 and 4 of it at 0, 1 and 3. */
describe('SettlementProofs', () => {
  it('names the oracle, the registry and the escrow', async () => {
    const { settlementProofs, oracle, registry, escrow } = await loadFixture(secondEpoch)
    expect(await settlementProofs.oracle()).to.equal(await oracle.getAddress())
    expect(await settlementProofs.datanetRegistry()).to.equal(await registry.getAddress())
    expect(await settlementProofs.escrow()).to.equal(await escrow.getAddress())
  })

  describe('challengeWeight', () => {
    const LIES: [string, number, (epoch: Epoch) => void][] = [
      ['names no contributor of the post', 4, e => (e.settlements.get(POOL)![4]!.contributorIndex = 5)],
      ['has no weight', 2, e => (e.settlements.get(POOL)![2]!.weight = 0n)],
      ["is another contributor's item", 2, e => (e.settlements.get(POOL)![2]!.contributionId = 9n)],
      [
        'was never committed',
        2,
        e => (e.settlements.get(POOL)![2]!.contributionId = (1n << 32n) | BigInt(ITEMS)),
      ],
      ['is the first and has a prefix', 0, e => (e.settlements.get(POOL)![0]!.prefix = 1n)],
      ['stands beyond the count', 4, e => (e.manifest[0]!.leafCount = 4)],
      ['stands at another depth', 1, e => (e.manifest[0]!.leafCount = 9)],
      [
        'names one who joined later, with an item of theirs',
        4,
        e =>
          Object.assign(e.settlements.get(POOL)![4]!, {
            contributorIndex: 5,
            contributionId: 5n << 32n,
          }),
      ],
    ]
    for (const [what, position, change] of LIES) {
      it(`rejects a leaf that ${what}`, async () => {
        const given = await lied(change)
        const { lie, proofs } = given
        await expectRejected(
          given,
          proofs.challengeWeight(lie.post, SIGNERS, pool(lie, 0), weight(lie, position)),
          REASON.weight,
        )
      })
    }

    describe('given a right leaf', () => {
      it('reverts with its prefix', async () => {
        const { lie, proofs } = await lied()
        for (const position of [0, 3]) {
          const leaf = weight(lie, position)
          await expect(proofs.challengeWeight(lie.post, SIGNERS, pool(lie, 0), leaf))
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
            .withArgs(leaf.prefix, leaf.prefix)
        }
      })
    })

    describe('given a pool or a leaf that is not in its tree', () => {
      it('reverts with both roots', async () => {
        const { lie, proofs, trees, keccak } = await lied()
        const leaf = { ...weight(lie, 0), weight: 99n }
        const { tree } = trees.settlement(POOL, [leaf])
        const computed = rootOfProof(keccak, tree.leaf(0), 0, Buffer.from(leaf.proof.slice(2), 'hex'))
        await expect(proofs.challengeWeight(lie.post, SIGNERS, pool(lie, 0), leaf))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NotInTree')
          .withArgs(computed, pool(lie, 0).settlementRoot)
        await expect(
          proofs.challengeWeight(lie.post, SIGNERS, { ...pool(lie, 0), leafCount: 4 }, weight(lie, 4)),
        ).to.be.revertedWithCustomError(proofs, 'PostedTrees_NotInTree')
        await expect(
          proofs.challengeWeight(lie.post, SIGNERS, pool(lie, 2), weight(lie, 0)),
        ).to.be.revertedWithCustomError(proofs, 'PostedTrees_NotInTree')
      })
    })

    describe('given other signers', () => {
      it('reverts', async () => {
        const { lie, proofs, oracle } = await lied(LIES[1]![2])
        await expect(
          proofs.challengeWeight(lie.post, 3, pool(lie, 0), weight(lie, 2)),
        ).to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
      })
    })
  })

  describe('challengeWeightOrder', () => {
    const LIES: [string, (epoch: Epoch) => void][] = [
      ['a contributor before a smaller one', e => (e.settlements.get(POOL)![1]!.contributorIndex = 2)],
      [
        'an item before a smaller one of the same contributor',
        e => (e.settlements.get(POOL)![1]!.contributionId = (1n << 32n) | 30n),
      ],
      [
        'the same item twice',
        e => (e.settlements.get(POOL)![1]!.contributionId = e.settlements.get(POOL)![2]!.contributionId),
      ],
      ['a wrong prefix', e => (e.settlements.get(POOL)![2]!.prefix += 1n)],
      [
        'a prefix that wrapped around',
        e => {
          e.settlements.get(POOL)![1]!.prefix = MAX_128
          e.settlements.get(POOL)![2]!.prefix = 1n
        },
      ],
    ]
    for (const [what, change] of LIES) {
      it(`rejects ${what}`, async () => {
        const given = await lied(change)
        const { lie, proofs } = given
        await expectRejected(
          given,
          proofs.challengeWeightOrder(lie.post, SIGNERS, pool(lie, 0), weight(lie, 1), weight(lie, 2)),
          REASON.weight,
        )
      })
    }

    describe('given right neighbours, or no neighbours', () => {
      it('reverts with both', async () => {
        const { lie, proofs } = await lied()
        const right = weight(lie, 2)
        await expect(proofs.challengeWeightOrder(lie.post, SIGNERS, pool(lie, 0), weight(lie, 1), right))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(right.prefix, right.prefix)
        await expect(proofs.challengeWeightOrder(lie.post, SIGNERS, pool(lie, 0), weight(lie, 0), right))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(2, 1)
      })
    })
  })

  describe('challengeWeightTotal', () => {
    it('rejects a total weight that is not the sum', async () => {
      const given = await lied(({ manifest }) => (manifest[0]!.totalWeight += 1n))
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengeWeightTotal(lie.post, SIGNERS, pool(lie, 0), weight(lie, 4)),
        REASON.weight,
      )
    })

    describe('given the right total, or another leaf than the last', () => {
      it('reverts with both', async () => {
        const { lie, proofs } = await lied()
        await expect(proofs.challengeWeightTotal(lie.post, SIGNERS, pool(lie, 0), weight(lie, 4)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(25, 25)
        await expect(proofs.challengeWeightTotal(lie.post, SIGNERS, pool(lie, 0), weight(lie, 3)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(4, 5)
      })
    })
  })

  describe('challengeWeightMissing', () => {
    it('rejects an empty position below the count', async () => {
      const given = await lied(({ manifest }) => (manifest[0]!.leafCount = 6))
      const { lie, proofs } = given
      const proof = lie.settlements.get(POOL)!.tree.emptyProof(5)
      await expectRejected(
        given,
        proofs.challengeWeightMissing(lie.post, SIGNERS, pool(lie, 0), 5, proof),
        REASON.weight,
      )
    })

    describe('given padding, or a leaf', () => {
      it('reverts', async () => {
        const { lie, proofs, keccak } = await lied()
        const { tree } = lie.settlements.get(POOL)!
        await expect(proofs.challengeWeightMissing(lie.post, SIGNERS, pool(lie, 0), 5, tree.emptyProof(5)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(5, 5)
        await expect(proofs.challengeWeightMissing(lie.post, SIGNERS, pool(lie, 0), 1, tree.proof(1)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NotInTree')
          .withArgs(rootOfProof(keccak, new Uint8Array(24), 1, tree.proof(1)), tree.root)
      })
    })
  })

  describe('challengeEntry', () => {
    const LIES: [string, number, number[], number[], (epoch: Epoch) => void][] = [
      ['an entry of another amount', 1, [0, 1, 3, 4], [1], e => (e.journal[1]!.amount += 1n)],
      ['an entry of the first contributor', 0, [0, 1], [0], e => (e.journal[0]!.amount -= 1n)],
      ['an entry of the last contributor', 4, [3, 4], [3], e => (e.journal[3]!.amount -= 1n)],
      ['an entry of somebody without weights', 3, [3, 4], [3], e => (e.journal[3]!.contributorIndex = 3)],
      ['that an entry is missing between others', 1, [0, 1, 3, 4], [0, 1], e => e.journal.splice(1, 1)],
      ['that the first entry is missing', 0, [0, 1], [0], e => e.journal.splice(0, 1)],
      ['that there is no journal', 4, [3, 4], [], e => e.journal.splice(0)],
      ['weights beyond the total', 1, [0, 1, 3, 4], [1], e => (e.manifest[0]!.totalWeight = 19n)],
      ['weights of extreme sums', 1, [0, 1, 3, 4], [1], e => (e.settlements.get(POOL)![3]!.prefix = MAX_128)],
      ['weights that run backwards', 1, [0, 1, 3, 4], [1], e => (e.settlements.get(POOL)![1]!.prefix = 24n)],
    ]
    for (const [what, contributor, boundary, shown, change] of LIES) {
      it(`rejects ${what}`, async () => {
        const given = await lied(change)
        const { lie, proofs } = given
        await expectRejected(
          given,
          proofs.challengeEntry(
            lie.post,
            SIGNERS,
            pool(lie, 0),
            contributor,
            boundary.map(at => weight(lie, at)),
            shown.map(at => entry(lie, at)),
          ),
          REASON.entry,
        )
      })
    }

    it('rejects that the last entry is missing', async () => {
      const given = await lied(({ journal }) => journal.pop())
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengeEntry(lie.post, SIGNERS, pool(lie, 3), 4, [weight(lie, 0, NEW)], [entry(lie, 4)]),
        REASON.entry,
      )
    })

    it('rejects an entry from a pool without weights', async () => {
      const given = await lied(({ journal }) => (journal[3]!.poolPosition = 1))
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengeEntry(lie.post, SIGNERS, pool(lie, 1), 4, [], [entry(lie, 3)]),
        REASON.entry,
      )
    })

    it('takes amounts and weights near their limits', async () => {
      const given = await lied(({ manifest, settlements }) => {
        manifest[3]!.amount = MAX_128
        manifest[3]!.totalWeight = MAX_128
        settlements.get(NEW)![0]!.prefix = MAX_128 - 1n
      })
      const { lie, proofs } = given
      await expect(
        proofs.challengeEntry(lie.post, SIGNERS, pool(lie, 3), 4, [weight(lie, 0, NEW)], [entry(lie, 5)]),
      ).to.emit(given.oracle, 'RootRejected')
    })

    describe('given the right entry, or rightly none', () => {
      it('reverts with the amount', async () => {
        const { lie, proofs } = await lied()
        const CASES: [number, number, number[], number[], bigint][] = [
          [0, 0, [0, 1], [0], 62n],
          [0, 1, [0, 1, 3, 4], [1], 163n],
          [0, 1, [0, 1, 2, 3, 4], [1], 163n],
          [0, 4, [3, 4], [3], 88n],
          [0, 2, [3, 4], [1, 2], 0n],
          [1, 0, [], [0, 1], 0n],
          [2, 0, [0], [0, 1], 0n],
          [2, 4, [0, 1], [4], 184n],
          [3, 5, [0], [5], 0n],
        ]
        for (const [position, contributor, boundary, shown, amount] of CASES) {
          await expect(
            proofs.challengeEntry(
              lie.post,
              SIGNERS,
              pool(lie, position),
              contributor,
              boundary.map(at => weight(lie, at, POOLS[position])),
              shown.map(at => entry(lie, at)),
            ),
          )
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
            .withArgs(amount, amount)
        }
      })
    })

    describe('given weights that leave room for another one of the contributor', () => {
      for (const boundary of [[1, 3, 4], [0, 1, 3], [0, 2, 3, 4], [0, 1, 2, 4], [0, 4], []]) {
        it(`reverts with the contributor, shown ${boundary.join(', ') || 'nothing'}`, async () => {
          const { lie, proofs } = await lied()
          const shown = boundary.map(at => weight(lie, at))
          await expect(proofs.challengeEntry(lie.post, SIGNERS, pool(lie, 0), 1, shown, [entry(lie, 1)]))
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_Incomplete')
            .withArgs(1)
        })
      }
    })

    describe('given leaves that leave room for the entry', () => {
      for (const shown of [[0], [2], [0, 2], [0, 1], [0, 1, 2], []]) {
        it(`reverts with its key, shown ${shown.join(', ') || 'nothing'}`, async () => {
          const { lie, proofs } = await lied()
          const boundary = [0, 1, 3, 4].map(at => weight(lie, at))
          const entries = shown.map(at => entry(lie, at))
          await expect(proofs.challengeEntry(lie.post, SIGNERS, pool(lie, 0), 1, boundary, entries))
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_Incomplete')
            .withArgs(1n << 32n)
        })
      }
    })
  })

  describe('challengePoolLeaf', () => {
    const LIES: [string, number, (epoch: Epoch) => void, Partial<Published['post']>][] = [
      ['counts leaves without a root', 1, e => (e.manifest[1]!.leafCount = 1), {}],
      ['has a weight without leaves', 1, e => (e.manifest[1]!.totalWeight = 1n), {}],
      [
        'has leaves without a weight',
        0,
        e => {
          e.manifest[0]!.totalWeight = 0n
        },
        {},
      ],
      ['pays without weights', 1, e => (e.manifest[1]!.amount = 1n), {}],
      ['is the first and has a prefix', 0, e => (e.manifest[0]!.prefix = 1n), {}],
      ['stands beyond the count', 3, () => undefined, { manifestCount: 3 }],
      ['stands at another depth', 1, () => undefined, { manifestCount: 5 }],
    ]
    for (const [what, position, change, fields] of LIES) {
      it(`rejects a leaf that ${what}`, async () => {
        const given = await lied(change, secondEpoch, fields)
        const { lie, proofs } = given
        await expectRejected(
          given,
          proofs.challengePoolLeaf(lie.post, SIGNERS, pool(lie, position)),
          REASON.pool,
        )
      })
    }

    describe('given a right leaf', () => {
      it('reverts with its prefix', async () => {
        const { lie, proofs } = await lied()
        for (const position of [0, 1, 3]) {
          const leaf = pool(lie, position)
          await expect(proofs.challengePoolLeaf(lie.post, SIGNERS, leaf))
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
            .withArgs(leaf.prefix, leaf.prefix)
        }
      })
    })
  })

  describe('challengePoolOrder', () => {
    const LIES: [string, (epoch: Epoch) => void][] = [
      ['a pool twice', e => (e.manifest[1]!.poolId = POOL)],
      ['a wrong prefix', e => (e.manifest[1]!.prefix += 1n)],
      ['an amount whose sum wraps around', e => (e.manifest[0]!.amount = MAX_128)],
    ]
    for (const [what, change] of LIES) {
      it(`rejects ${what}`, async () => {
        const given = await lied(change)
        const { lie, proofs } = given
        await expectRejected(
          given,
          proofs.challengePoolOrder(lie.post, SIGNERS, pool(lie, 0), pool(lie, 1)),
          REASON.pool,
        )
      })
    }

    describe('given right neighbours, or no neighbours', () => {
      it('reverts with both', async () => {
        const { lie, proofs } = await lied()
        await expect(proofs.challengePoolOrder(lie.post, SIGNERS, pool(lie, 0), pool(lie, 1)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(313, 313)
        await expect(proofs.challengePoolOrder(lie.post, SIGNERS, pool(lie, 0), pool(lie, 2)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(2, 1)
      })
    })
  })

  describe('challengePoolTotal', () => {
    for (const fixture of [secondEpoch, firstEpoch]) {
      it(`rejects a sum that is not the increase (${fixture.name})`, async () => {
        const given = await lied(({ manifest }) => (manifest.at(-1)!.amount += 1n), fixture)
        const { lie, proofs } = given
        await expectRejected(
          given,
          proofs.challengePoolTotal(
            lie.post,
            SIGNERS,
            lie.last?.post ?? lie.post,
            pool(lie, lie.post.manifestCount - 1),
          ),
          REASON.total,
        )
      })
    }

    describe('given the right sum of the first epoch', () => {
      it('reverts with it', async () => {
        const { lie, proofs } = await lied(undefined, firstEpoch)
        const leaf = pool(lie, lie.post.manifestCount - 1)
        await expect(proofs.challengePoolTotal(lie.post, SIGNERS, lie.post, leaf))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(lie.post.total, lie.post.total)
      })
    })

    describe('given the right sum, another leaf, or another last post', () => {
      it('reverts with both', async () => {
        const { lie, proofs, oracle } = await lied()
        await expect(proofs.challengePoolTotal(lie.post, SIGNERS, lie.last!.post, pool(lie, 3)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(lie.post.total, lie.post.total)
        await expect(proofs.challengePoolTotal(lie.post, SIGNERS, lie.last!.post, pool(lie, 2)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(3, 4)
        await expect(proofs.challengePoolTotal(lie.post, SIGNERS, lie.post, pool(lie, 3)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NotFinal')
          .withArgs(dataSlice(await oracle.hashPost(lie.post), 0, 24), await oracle.finalPostHash())
      })
    })
  })

  describe('challengePoolCumulative', () => {
    it('rejects another cumulative than the last one and the amount', async () => {
      const given = await lied(({ manifest }) => (manifest[2]!.cumulative -= 1n))
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengePoolCumulative(lie.post, SIGNERS, lie.last!.post, pool(lie, 2), [was(lie, 2)]),
        REASON.pool,
      )
    })

    it('rejects a new pool that claims to have been paid', async () => {
      const given = await lied(({ manifest }) => (manifest[3]!.cumulative -= 1n))
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengePoolCumulative(lie.post, SIGNERS, lie.last!.post, pool(lie, 3), [was(lie, 2)]),
        REASON.pool,
      )
    })

    it('rejects it in the first epoch', async () => {
      const given = await lied(({ manifest }) => (manifest[0]!.cumulative -= 1n), firstEpoch)
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengePoolCumulative(lie.post, SIGNERS, lie.post, pool(lie, 0), []),
        REASON.pool,
      )
    })

    describe('given the right cumulative of the first epoch', () => {
      it('reverts with it', async () => {
        const { lie, proofs } = await lied(undefined, firstEpoch)
        const leaf = pool(lie, 0)
        await expect(proofs.challengePoolCumulative(lie.post, SIGNERS, lie.post, leaf, []))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(leaf.cumulative, leaf.cumulative)
      })
    })

    describe('given the right cumulative', () => {
      it('reverts with it', async () => {
        const { lie, proofs } = await lied()
        for (const [position, shown] of [
          [0, 0],
          [3, 2],
        ] as const) {
          const leaf = pool(lie, position)
          await expect(
            proofs.challengePoolCumulative(lie.post, SIGNERS, lie.last!.post, leaf, [was(lie, shown)]),
          )
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
            .withArgs(leaf.cumulative, leaf.cumulative)
        }
      })
    })

    describe('given leaves that leave room for the pool, or another last post', () => {
      it('reverts', async () => {
        const { lie, proofs } = await lied()
        for (const shown of [[], [1], [0, 1], [0, 2]]) {
          const leaves = shown.map(at => was(lie, at))
          await expect(
            proofs.challengePoolCumulative(lie.post, SIGNERS, lie.last!.post, pool(lie, 2), leaves),
          )
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_Incomplete')
            .withArgs(OTHER)
        }
        await expect(
          proofs.challengePoolCumulative(lie.post, SIGNERS, lie.post, pool(lie, 2), [was(lie, 2)]),
        ).to.be.revertedWithCustomError(proofs, 'PostedTrees_NotFinal')
      })
    })
  })

  describe('challengePoolDropped', () => {
    for (const [where, dropped, around] of [
      ['at the start', 0, [0]],
      ['between others', 2, [1, 2]],
    ] as const) {
      it(`rejects that a pool was dropped ${where}`, async () => {
        const given = await lied(({ manifest }) => manifest.splice(dropped, 1))
        const { lie, proofs } = given
        const shown = around.map(at => pool(lie, at))
        await expectRejected(
          given,
          proofs.challengePoolDropped(lie.post, SIGNERS, lie.last!.post, was(lie, dropped), shown),
          REASON.pool,
        )
      })
    }

    it('rejects that all were dropped', async () => {
      const given = await lied(({ manifest }) => manifest.splice(0))
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengePoolDropped(lie.post, SIGNERS, lie.last!.post, was(lie, 0), []),
        REASON.pool,
      )
    })

    describe('given a pool that was kept', () => {
      it('reverts with the pool, whatever is shown', async () => {
        const { lie, proofs } = await lied()
        for (const shown of [[], [1], [0], [2], [0, 1], [0, 2], [0, 1, 2]]) {
          const leaves = shown.map(at => pool(lie, at))
          await expect(proofs.challengePoolDropped(lie.post, SIGNERS, lie.last!.post, was(lie, 2), leaves))
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_Incomplete')
            .withArgs(OTHER)
        }
      })
    })

    describe('given a pool that has never paid', () => {
      it('reverts, kept or not', async () => {
        const { lie, proofs } = await lied(({ manifest }) => manifest.splice(1, 1))
        const around = [pool(lie, 0), pool(lie, 1)]
        await expect(proofs.challengePoolDropped(lie.post, SIGNERS, lie.last!.post, was(lie, 1), around))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(0, 0)
      })
    })

    describe('given no final post', () => {
      it('reverts with zero', async () => {
        const { lie, proofs, oracle } = await lied(() => undefined, firstEpoch)
        await expect(proofs.challengePoolDropped(lie.post, SIGNERS, lie.post, pool(lie, 0), []))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NotFinal')
          .withArgs(dataSlice(await oracle.hashPost(lie.post), 0, 24), `0x${'00'.repeat(24)}`)
      })
    })
  })

  describe('challengePoolDropped, of a pool that is still there', () => {
    const CASES: [string, number, number[], (epoch: Epoch) => void][] = [
      ['shown at the start', 0, [0], () => undefined],
      ['shown at the end', 2, [2], ({ manifest }) => manifest.pop()],
      ['shown beside the next', 0, [0, 1], () => undefined],
      ['shown beside the one before', 2, [1, 2], () => undefined],
    ]
    for (const [how, position, around, change] of CASES) {
      it(`reverts with the pool, ${how}`, async () => {
        const { lie, proofs } = await lied(change)
        const gone = was(lie, position)
        const shown = around.map(at => pool(lie, at))
        await expect(proofs.challengePoolDropped(lie.post, SIGNERS, lie.last!.post, gone, shown))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_Incomplete')
          .withArgs(gone.poolId)
      })
    }
  })

  describe('challengePool', () => {
    it('rejects a pool that paid more than it was funded', async () => {
      const given = await lied(({ manifest }) => (manifest[0]!.cumulative += 1n))
      const { lie, proofs } = given
      await expectRejected(given, proofs.challengePool(lie.post, SIGNERS, pool(lie, 0)), REASON.overFunded)
    })

    describe('given a pool within its funding', () => {
      it('reverts with funded and paid', async () => {
        const { lie, proofs } = await lied()
        await expect(proofs.challengePool(lie.post, SIGNERS, pool(lie, 1)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(50, 0)
        const { cumulative } = pool(lie, 0)
        expect(lie.funded.get(POOL)).to.equal(cumulative)
        await expect(proofs.challengePool(lie.post, SIGNERS, pool(lie, 0)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(cumulative, cumulative)
      })
    })
  })

  describe('given a settlement with a hole', () => {
    it('is missing there', async () => {
      const ground = await loadFixture(secondEpoch)
      const published = told(ground)
      const { tree } = published.settlements.get(POOL)!
      const hashes = Buffer.concat([0, 1, 2, 3, 4].map(at => (at === 2 ? Buffer.alloc(24) : tree.leaf(at))))
      const holed = PositionalTree.fromLeaves(ground.keccak, hashes)
      const leaves = ground.epoch.manifest.map((leaf, at) =>
        at === 0 ? { ...leaf, settlementRoot: holed.root } : leaf,
      )
      const manifest = ground.trees.manifest(leaves)
      const wrong = { ...published.post, manifestRoot: manifest.tree.root }
      await post(ground, wrong)
      const proofs = ground.settlementProofs.connect(ground.challenger)
      await expectRejected(
        ground,
        proofs.challengeWeightMissing(wrong, SIGNERS, provenManifest(manifest, 0), 2, holed.proof(2)),
        REASON.weight,
      )
    })
  })

  describe('given a leaf that was not posted', () => {
    type Proofs = Awaited<ReturnType<typeof lied>>['proofs']
    type Call = (proofs: Proofs, lie: Published) => Promise<unknown>
    const richer = <Leaf extends { cumulative: bigint }>(leaf: Leaf) => ({ ...leaf, cumulative: 10n ** 9n })
    const more = <Leaf extends { amount: bigint }>(leaf: Leaf) => ({ ...leaf, amount: 10n ** 9n })
    const heavier = <Leaf extends { weight: bigint }>(leaf: Leaf) => ({ ...leaf, weight: 99n })
    const whole = (lie: Published) => ({ ...pool(lie, 0), totalWeight: 10n ** 9n })
    // Of a pool that is not posted: what it says of its settlement would be whatever one likes.
    const longer = (lie: Published) => ({ ...pool(lie, 0), leafCount: 6n })

    const FORGED: [string, 'manifest' | 'settlement' | 'journal' | 'last', Call][] = [
      [
        'challengeWeight, pool',
        'manifest',
        (proofs, lie) =>
          proofs.challengeWeight(lie.post, SIGNERS, { ...pool(lie, 0), leafCount: 4n }, weight(lie, 4)),
      ],
      [
        'challengeWeightOrder, pool',
        'manifest',
        (proofs, lie) =>
          proofs.challengeWeightOrder(lie.post, SIGNERS, whole(lie), weight(lie, 0), weight(lie, 1)),
      ],
      [
        'challengeWeightOrder, left',
        'settlement',
        (proofs, lie) =>
          proofs.challengeWeightOrder(
            lie.post,
            SIGNERS,
            pool(lie, 0),
            heavier(weight(lie, 0)),
            weight(lie, 1),
          ),
      ],
      [
        'challengeWeightOrder, right',
        'settlement',
        (proofs, lie) =>
          proofs.challengeWeightOrder(lie.post, SIGNERS, pool(lie, 0), weight(lie, 0), {
            ...weight(lie, 1),
            prefix: 0n,
          }),
      ],
      [
        'challengeWeightTotal, pool',
        'manifest',
        (proofs, lie) => proofs.challengeWeightTotal(lie.post, SIGNERS, whole(lie), weight(lie, 4)),
      ],
      [
        'challengeWeightTotal, leaf',
        'settlement',
        (proofs, lie) =>
          proofs.challengeWeightTotal(lie.post, SIGNERS, pool(lie, 0), heavier(weight(lie, 4))),
      ],
      [
        'challengeWeightMissing, pool',
        'manifest',
        (proofs, lie) => {
          const proof = lie.settlements.get(POOL)!.tree.emptyProof(5)
          return proofs.challengeWeightMissing(lie.post, SIGNERS, longer(lie), 5, proof)
        },
      ],
      [
        'challengeEntry, pool',
        'manifest',
        (proofs, lie) =>
          proofs.challengeEntry(
            lie.post,
            SIGNERS,
            more(pool(lie, 0)),
            0,
            [weight(lie, 0), weight(lie, 1)],
            [entry(lie, 0)],
          ),
      ],
      [
        'challengeEntry, boundary',
        'settlement',
        (proofs, lie) =>
          proofs.challengeEntry(
            lie.post,
            SIGNERS,
            pool(lie, 0),
            0,
            [heavier(weight(lie, 0)), weight(lie, 1)],
            [entry(lie, 0)],
          ),
      ],
      [
        'challengeEntry, entry',
        'journal',
        (proofs, lie) =>
          proofs.challengeEntry(
            lie.post,
            SIGNERS,
            pool(lie, 0),
            0,
            [weight(lie, 0), weight(lie, 1)],
            [more(entry(lie, 0))],
          ),
      ],
      [
        'challengePoolLeaf',
        'manifest',
        (proofs, lie) => proofs.challengePoolLeaf(lie.post, SIGNERS, { ...pool(lie, 0), totalWeight: 0n }),
      ],
      [
        'challengePoolOrder, left',
        'manifest',
        (proofs, lie) => proofs.challengePoolOrder(lie.post, SIGNERS, more(pool(lie, 0)), pool(lie, 1)),
      ],
      [
        'challengePoolOrder, right',
        'manifest',
        (proofs, lie) =>
          proofs.challengePoolOrder(lie.post, SIGNERS, pool(lie, 0), { ...pool(lie, 1), prefix: 0n }),
      ],
      [
        'challengePoolTotal',
        'manifest',
        (proofs, lie) => proofs.challengePoolTotal(lie.post, SIGNERS, lie.last!.post, more(pool(lie, 3))),
      ],
      [
        'challengePoolCumulative, now',
        'manifest',
        (proofs, lie) =>
          proofs.challengePoolCumulative(lie.post, SIGNERS, lie.last!.post, richer(pool(lie, 0)), [
            was(lie, 0),
          ]),
      ],
      [
        'challengePoolCumulative, before',
        'last',
        (proofs, lie) =>
          proofs.challengePoolCumulative(lie.post, SIGNERS, lie.last!.post, pool(lie, 0), [
            richer(was(lie, 0)),
          ]),
      ],
      [
        'challengePoolDropped, before',
        'last',
        (proofs, lie) =>
          proofs.challengePoolDropped(
            lie.post,
            SIGNERS,
            lie.last!.post,
            { ...was(lie, 0), poolId: NEW + 1n },
            [pool(lie, 3)],
          ),
      ],
      [
        'challengePoolDropped, around',
        'manifest',
        (proofs, lie) =>
          proofs.challengePoolDropped(lie.post, SIGNERS, lie.last!.post, was(lie, 0), [
            { ...pool(lie, 0), poolId: POOL + 1n },
          ]),
      ],
      [
        'challengePool',
        'manifest',
        (proofs, lie) => proofs.challengePool(lie.post, SIGNERS, richer(pool(lie, 0))),
      ],
    ]
    for (const [name, tree, call] of FORGED) {
      it(`reverts with the root of its tree: ${name}`, async () => {
        const { lie, proofs } = await lied()
        const roots = {
          manifest: lie.post.manifestRoot,
          settlement: pool(lie, 0).settlementRoot,
          journal: lie.post.journalRoot,
          last: lie.last!.post.manifestRoot,
        }
        await expect(call(proofs, lie))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NotInTree')
          .withArgs(anyValue, roots[tree])
      })
    }
  })
})
