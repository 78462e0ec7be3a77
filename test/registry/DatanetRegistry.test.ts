import { loadFixture, setStorageAt, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type ContractTransactionResponse, ZeroAddress, ZeroHash, id } from 'ethers'
import hre, { ethers } from 'hardhat'

import type { IDatanetRegistry } from '../../typechain-types'
import {
  MANIFEST,
  METADATA,
  NO_HEAD,
  Policy,
  batchHash,
  contributionId,
  headAfter,
  itemsFor,
  registrySystem,
} from './registrySystem'

const FREE = { stakePerItem: 0n, purposes: 3, license: id('MIT') }
const STAKED = { ...FREE, stakePerItem: 10n }
const MAX_ITEMS = (1n << 28n) - 1n
/** From the announcement of parents until they are in force. */
const DELAY = 14n * 86_400n
/** Instrumented code costs more. */
const IN_COVERAGE = Boolean((hre as { __SOLIDITY_COVERAGE_RUNNING?: boolean }).__SOLIDITY_COVERAGE_RUNNING)

async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<bigint> {
  const receipt = await (await sent).wait()
  return receipt!.gasUsed
}

/** Writes an account's log: the slots of `_logs` are found by trying, so that the layout may change. */
async function writeItemCount(registry: { target: unknown }, account: string, items: bigint): Promise<void> {
  const address = String(registry.target)
  for (let position = 0; position < 16; position++) {
    const slot = ethers.solidityPackedKeccak256(['uint256', 'uint256'], [account, position])
    const bits = BigInt(await ethers.provider.getStorage(address, slot))
    if (bits === 0n) continue
    const changed = ((bits >> 28n) << 28n) | items
    await setStorageAt(address, slot, ethers.toBeHex(changed, 32))
    return
  }
}

describe('DatanetRegistry', () => {
  describe('createDatanet', () => {
    it('gives ids from 1 and remembers owner, policy and metadata', async () => {
      const { registry, alice } = await loadFixture(registrySystem)
      await expect(registry.connect(alice).createDatanet('fourth', METADATA, Policy.Curated))
        .to.emit(registry, 'DatanetCreated')
        .withArgs(4, alice, 'fourth', METADATA, Policy.Curated)
      expect(await registry.datanetOf(4)).to.deep.equal([alice.address, BigInt(Policy.Curated), METADATA])
      expect(await registry.datanetCount()).to.equal(4n)
    })
  })

  describe('datanetOf', () => {
    describe('given an unknown id', () => {
      it('reverts with id and count', async () => {
        const { registry } = await loadFixture(registrySystem)
        for (const unknown of [0, 4]) {
          await expect(registry.datanetOf(unknown))
            .to.be.revertedWithCustomError(registry, 'DatanetRegistry_UnknownDatanet')
            .withArgs(unknown, 3)
        }
      })
    })
  })

  describe('what only the owner may do', () => {
    it('reverts for others with caller and owner', async () => {
      const { registry, alice, owner } = await loadFixture(registrySystem)
      const other = registry.connect(alice)
      const calls = [
        () => other.setContributor(3, alice, true),
        () => other.setBuilder(3, alice, true),
        () => other.setTerms(3, FREE),
        () => other.setParents(3, [], []),
        () => other.decideBatch(3, 0, true),
        () => other.transferDatanet(3, alice),
      ]
      for (const call of calls) {
        await expect(call())
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotOwner')
          .withArgs(alice, owner)
      }
    })
  })

  describe('transferDatanet', () => {
    it('changes the owner once the new one accepts', async () => {
      const { registry, alice, owner } = await loadFixture(registrySystem)
      await expect(registry.transferDatanet(1, alice))
        .to.emit(registry, 'DatanetTransferStarted')
        .withArgs(1, owner, alice)
      expect((await registry.datanetOf(1)).owner).to.equal(owner.address)
      expect(await registry.pendingOwnerOf(1)).to.equal(alice.address)
      await expect(registry.connect(alice).acceptDatanet(1))
        .to.emit(registry, 'DatanetTransferred')
        .withArgs(1, owner, alice)
      expect((await registry.datanetOf(1)).owner).to.equal(alice.address)
      expect(await registry.pendingOwnerOf(1)).to.equal(ZeroAddress)
      await registry.connect(alice).setBuilder(1, alice, true)
      await expect(registry.setBuilder(1, owner, true))
        .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotOwner')
        .withArgs(owner, alice)
    })

    it('can be taken back', async () => {
      const { registry, alice } = await loadFixture(registrySystem)
      await registry.transferDatanet(1, alice)
      await registry.transferDatanet(1, ZeroAddress)
      await expect(registry.connect(alice).acceptDatanet(1))
        .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotPendingOwner')
        .withArgs(alice, ZeroAddress)
    })

    describe('given another account than the new owner', () => {
      it('reverts with caller and pending owner', async () => {
        const { registry, alice, bob } = await loadFixture(registrySystem)
        await registry.transferDatanet(1, alice)
        await expect(registry.connect(bob).acceptDatanet(1))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotPendingOwner')
          .withArgs(bob, alice)
      })
    })
  })

  describe('setContributor', () => {
    it('lets an account contribute to an allow list, and stops it', async () => {
      const { registry, alice, owner } = await loadFixture(registrySystem)
      await expect(registry.setContributor(2, alice, true))
        .to.emit(registry, 'ContributorSet')
        .withArgs(2, alice, true)
      expect(await registry.isContributor(2, alice)).to.equal(true)
      await registry.connect(alice).commit(2, id('a'), MANIFEST)
      await registry.setContributor(2, alice, false)
      expect(await registry.isContributor(2, alice)).to.equal(false)
      expect(await registry.isContributor(2, owner)).to.equal(true)
      await expect(registry.connect(alice).commit(2, id('b'), MANIFEST))
        .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotContributor')
        .withArgs(2, alice)
    })
  })

  describe('setBuilder', () => {
    it('lets an account build, on that Datanet only', async () => {
      const { registry, alice, owner } = await loadFixture(registrySystem)
      await expect(registry.setBuilder(1, alice, true))
        .to.emit(registry, 'BuilderSet')
        .withArgs(1, alice, true)
      expect(await registry.isBuilder(1, alice)).to.equal(true)
      expect(await registry.isBuilder(2, alice)).to.equal(false)
      expect(await registry.isBuilder(1, owner)).to.equal(true)
    })
  })

  describe('setTerms', () => {
    it('raises the version and remembers the terms', async () => {
      const { registry } = await loadFixture(registrySystem)
      expect(await registry.termsOf(1)).to.deep.equal([[0n, 0n, ZeroHash], 0n])
      await expect(registry.setTerms(1, STAKED))
        .to.emit(registry, 'TermsSet')
        .withArgs(1, 1, 10n, 3, STAKED.license)
      await registry.setTerms(1, FREE)
      expect(await registry.termsOf(1)).to.deep.equal([[0n, 3n, FREE.license], 2n])
    })

    describe('given a stake above the maximum', () => {
      it('reverts with stake and maximum', async () => {
        const { registry } = await loadFixture(registrySystem)
        const most = (1n << 96n) - 1n
        await registry.setTerms(1, { ...FREE, stakePerItem: most })
        await expect(registry.setTerms(1, { ...FREE, stakePerItem: most + 1n }))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_StakePerItem')
          .withArgs(most + 1n, most)
      })
    })

    describe('given that the Datanet has admitted anybody without stake', () => {
      it('reverts with Datanet and stake', async () => {
        const { registry, alice } = await loadFixture(registrySystem)
        for (const datanetId of [1, 3]) {
          await registry.connect(alice).commit(datanetId, id('a'), MANIFEST)
          await expect(registry.setTerms(datanetId, STAKED))
            .to.be.revertedWithCustomError(registry, 'DatanetRegistry_StakeTooLate')
            .withArgs(datanetId, 10n)
          await registry.setTerms(datanetId, FREE)
        }
      })

      it('may still ask for it on an allow list', async () => {
        const { registry, staking, alice } = await loadFixture(registrySystem)
        await registry.setContributor(2, alice, true)
        await registry.connect(alice).commit(2, id('a'), MANIFEST)
        await registry.setTerms(2, STAKED)
        await expect(registry.connect(alice).commit(2, id('b'), MANIFEST))
          .to.be.revertedWithCustomError(staking, 'DatanetStaking_InsufficientStake')
          .withArgs(alice, 2, 0n, 10n)
      })
    })
  })

  describe('createDatanetUnder', () => {
    it('sets the terms before anybody can contribute', async () => {
      const { registry, alice } = await loadFixture(registrySystem)
      const created = registry.connect(alice).createDatanetUnder(STAKED, 'fourth', METADATA, Policy.Open)
      await expect(created)
        .to.emit(registry, 'DatanetCreated')
        .withArgs(4, alice, 'fourth', METADATA, Policy.Open)
      await expect(created).to.emit(registry, 'TermsSet').withArgs(4, 1, 10n, 3, STAKED.license)
      expect(await registry.termsOf(4)).to.deep.equal([[10n, 3n, STAKED.license], 1n])
    })
  })

  describe('setParents', () => {
    async function tenDatanets() {
      const system = await registrySystem()
      for (let i = 4; i <= 10; i++) await system.registry.createDatanet(`number ${i}`, METADATA, Policy.Open)
      return system
    }
    const ids = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]
    const bps = ids.map(() => 625n)
    const NOTHING = [[], [], 0n]

    it('announces up to eight parents, which are in force after the delay, not a second earlier', async () => {
      const { registry, owner } = await loadFixture(tenDatanets)
      expect(await registry.MAX_PARENTS_BPS()).to.equal(5000n)
      expect(await registry.PARENTS_DELAY()).to.equal(DELAY)
      expect(await registry.pendingParentsOf(10)).to.deep.equal(NOTHING)
      const at = BigInt(await time.latest()) + 10n
      await time.setNextBlockTimestamp(at)
      await expect(registry.connect(owner).setParents(10, ids, bps))
        .to.emit(registry, 'ParentsSet')
        .withArgs(10, ids, bps, at + DELAY)
      await time.increaseTo(at + DELAY - 1n)
      expect(await registry.parentsOf(10)).to.deep.equal([[], []])
      expect(await registry.pendingParentsOf(10)).to.deep.equal([ids, bps, at + DELAY])
      await time.increaseTo(at + DELAY)
      expect(await registry.parentsOf(10)).to.deep.equal([ids, bps])
      expect(await registry.pendingParentsOf(10)).to.deep.equal(NOTHING)
    })

    it('replaces what was announced, and waits anew, while the parents in force stay', async () => {
      const { registry } = await loadFixture(tenDatanets)
      await registry.setParents(10, ids, bps)
      await time.increase(DELAY)
      for (const [parents, shares] of [
        [[9n], [5000n]],
        [[], []],
        [
          [1n, 2n],
          [1n, 2n],
        ],
      ]) {
        await registry.setParents(10, parents!, shares!)
        await time.increase(DELAY - 60n)
        expect(await registry.parentsOf(10)).to.deep.equal([ids, bps])
        expect((await registry.pendingParentsOf(10)).ids).to.deep.equal(parents)
      }
      await time.increase(60n)
      expect(await registry.parentsOf(10)).to.deep.equal([
        [1n, 2n],
        [1n, 2n],
      ])
      await registry.setParents(10, [], [])
      await time.increase(DELAY)
      expect(await registry.parentsOf(10)).to.deep.equal([[], []])
    })

    describe('given too many, or not one share each', () => {
      it('reverts with both counts and the maximum', async () => {
        const { registry } = await loadFixture(registrySystem)
        const nine = Array.from({ length: 9 }, (_, i) => i + 1)
        await expect(registry.setParents(3, nine, nine))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_ParentCount')
          .withArgs(9, 9, 8)
        await expect(registry.setParents(3, [1], []))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_ParentCount')
          .withArgs(1, 0, 8)
      })
    })

    describe('given parents that could close a cycle, are unknown, twice or out of order', () => {
      it('reverts with parent and Datanet', async () => {
        const { registry } = await loadFixture(registrySystem)
        for (const [ids, offender] of [
          [[3], 3],
          [[4], 4],
          [[0], 0],
          [[1, 1], 1],
          [[2, 1], 1],
        ] as const) {
          await expect(registry.setParents(3, [...ids], [...ids].fill(1)))
            .to.be.revertedWithCustomError(registry, 'DatanetRegistry_ParentOrder')
            .withArgs(offender, 3)
        }
      })
    })

    describe('given no share, or more than half', () => {
      it('reverts with share and sum', async () => {
        const { registry } = await loadFixture(registrySystem)
        await expect(registry.setParents(3, [1, 2], [5, 0]))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_ParentShares')
          .withArgs(0, 5)
        await expect(registry.setParents(3, [1, 2], [2500, 2501]))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_ParentShares')
          .withArgs(2501, 5001)
        await registry.setParents(3, [1, 2], [2500, 2500])
      })
    })
  })

  describe('decideBatch', () => {
    it('says whether a batch counts', async () => {
      const { registry, alice } = await loadFixture(registrySystem)
      await registry.connect(alice).commit(3, id('a'), MANIFEST)
      await expect(registry.decideBatch(3, 0, true))
        .to.emit(registry, 'BatchDecided')
        .withArgs(3, 0, true)
      await expect(registry.decideBatch(3, 0, false))
        .to.emit(registry, 'BatchDecided')
        .withArgs(3, 0, false)
    })

    describe('given a Datanet that is not curated', () => {
      it('reverts with Datanet and policy', async () => {
        const { registry } = await loadFixture(registrySystem)
        for (const [datanetId, policy] of [
          [1, Policy.Open],
          [2, Policy.AllowList],
        ] as const) {
          await expect(registry.decideBatch(datanetId, 0, true))
            .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotCurated')
            .withArgs(datanetId, policy)
        }
      })
    })
  })

  describe('commitBatch', () => {
    it('gives ids that count up per contributor, and an index per account, once', async () => {
      const { registry, alice, owner } = await loadFixture(registrySystem)
      const first = registry.connect(alice).commitBatch(1, id('root'), 10, MANIFEST)
      await expect(first).to.emit(registry, 'ContributorRegistered').withArgs(0, alice)
      await expect(first).to.emit(registry, 'BatchCommitted').withArgs(1, alice, 0, 10, id('root'), MANIFEST)
      const id1 = contributionId(1, 0)
      await expect(registry.connect(owner).commitBatch(2, id('root 2'), 5, MANIFEST))
        .to.emit(registry, 'BatchCommitted')
        .withArgs(2, owner, id1, 5, id('root 2'), MANIFEST)
      const third = registry.connect(alice).commitBatch(3, id('root 3'), 1, MANIFEST)
      await expect(third).not.to.emit(registry, 'ContributorRegistered')
      await expect(third)
        .to.emit(registry, 'BatchCommitted')
        .withArgs(3, alice, 10, 1, id('root 3'), MANIFEST)
      expect(await registry.contributionCountOf(alice)).to.equal(11n)
      expect(await registry.contributionCountOf(owner)).to.equal(5n)
      expect(await registry.contributorCount()).to.equal(2n)
    })

    it('binds index and account both ways', async () => {
      const { registry, alice, bob } = await loadFixture(registrySystem)
      await registry.connect(alice).commit(1, id('a'), MANIFEST)
      await registry.connect(bob).commit(1, id('b'), MANIFEST)
      expect(await registry.contributorAt(1)).to.equal(bob.address)
      expect(await registry.contributorIndexOf(bob)).to.deep.equal([true, 1n])
      expect(await registry.contributorAt(2)).to.equal(ZeroAddress)
      expect(await registry.contributorIndexOf(registry)).to.deep.equal([false, 0n])
    })

    describe('given an account that is not on the allow list', () => {
      it('reverts with Datanet and caller, whatever it committed to before', async () => {
        const { registry, alice } = await loadFixture(registrySystem)
        for (let times = 0; times < 2; times++) {
          await expect(registry.connect(alice).commitBatch(2, id('root'), 1, MANIFEST))
            .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotContributor')
            .withArgs(2, alice)
          await registry.connect(alice).commit(1, id('a'), MANIFEST)
        }
      })
    })

    describe('given no item, or too many', () => {
      it('reverts with count and maximum', async () => {
        const { registry, alice } = await loadFixture(registrySystem)
        const most = await registry.MAX_BATCH_ITEMS()
        for (const count of [0n, most + 1n]) {
          await expect(registry.connect(alice).commitBatch(1, id('root'), count, MANIFEST))
            .to.be.revertedWithCustomError(registry, 'DatanetRegistry_ItemCount')
            .withArgs(count, most)
          await expect(registry.connect(alice).commitBatchUnder(0, 1, id('root'), count, MANIFEST))
            .to.be.revertedWithCustomError(registry, 'DatanetRegistry_ItemCount')
            .withArgs(count, most)
        }
        await registry.connect(alice).commitBatch(1, id('root'), most, MANIFEST)
      })
    })

    describe('given a zero root', () => {
      it('reverts', async () => {
        const { registry, alice } = await loadFixture(registrySystem)
        await expect(
          registry.connect(alice).commitBatch(1, ZeroHash, 1, MANIFEST),
        ).to.be.revertedWithCustomError(registry, 'DatanetRegistry_ZeroCommitment')
      })
    })

    describe('given an unknown Datanet', () => {
      it('reverts with id and count, for new and for known contributors', async () => {
        const { registry, alice, owner } = await loadFixture(registrySystem)
        await registry.connect(alice).commit(1, id('a'), MANIFEST)
        await registry.commit(2, id('a'), MANIFEST)
        for (const caller of [alice, owner]) {
          for (const unknown of [0, 4, 2 ** 24 + 1, 2 ** 32 - 1]) {
            await expect(registry.connect(caller).commitBatch(unknown, id('root'), 1, MANIFEST))
              .to.be.revertedWithCustomError(registry, 'DatanetRegistry_UnknownDatanet')
              .withArgs(unknown, 3)
          }
        }
      })
    })

    describe('given a contributor whose ids are used up', () => {
      it('reverts with caller and count, and others go on', async () => {
        const { registry, alice, bob } = await loadFixture(registrySystem)
        await registry.connect(alice).commit(1, id('a'), MANIFEST)
        await writeItemCount(registry, alice.address, MAX_ITEMS - 2n)
        await expect(registry.connect(alice).commitBatch(1, id('root'), 3, MANIFEST))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_IdsExhausted')
          .withArgs(alice, 3)
        await registry.connect(alice).commitBatch(1, id('root'), 2, MANIFEST)
        expect(await registry.contributionCountOf(alice)).to.equal(MAX_ITEMS)
        expect(await registry.contributorIndexOf(alice)).to.deep.equal([true, 0n])
        await expect(registry.connect(alice).commit(1, id('root'), MANIFEST))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_IdsExhausted')
          .withArgs(alice, 1)
        await registry.connect(bob).commit(1, id('root'), MANIFEST)
      })
    })

    describe('given that all indices are given out', () => {
      it('reverts with caller and no items', async () => {
        const { registry, alice } = await loadFixture(registrySystem)
        // One slot holds both counts: the contributors, and in the upper bits 3 Datanets.
        await setStorageAt(String(registry.target), 0, ethers.toBeHex(MAX_ITEMS | (3n << 32n), 32))
        expect(await registry.contributorCount()).to.equal(MAX_ITEMS)
        await expect(registry.connect(alice).commit(1, id('a'), MANIFEST))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_IdsExhausted')
          .withArgs(alice, 0)
      })
    })

    describe('given a Datanet whose id does not fit the contributor log', () => {
      it('commits as to any other, and asks for stake when it should', async () => {
        const { registry, staking, alice } = await loadFixture(registrySystem)
        await setStorageAt(String(registry.target), 0, ethers.toBeHex(((1n << 24n) - 1n) << 32n, 32))
        await registry.createDatanet('far', METADATA, Policy.Open)
        const far = await registry.datanetCount()
        for (let n = 0; n < 2; n++) {
          await expect(registry.connect(alice).commit(far, id('a'), MANIFEST))
            .to.emit(registry, 'BatchCommitted')
            .withArgs(far, alice, n, 1, id('a'), MANIFEST)
        }
        await registry.createDatanet('farther', METADATA, Policy.Open)
        await registry.setTerms(far + 1n, STAKED)
        await expect(registry.connect(alice).commit(far + 1n, id('a'), MANIFEST))
          .to.be.revertedWithCustomError(staking, 'DatanetStaking_InsufficientStake')
          .withArgs(alice, far + 1n, 0n, 10n)
      })
    })

    describe('given terms that ask for stake', () => {
      it('locks it for each item, each time', async () => {
        const { registry, staking, alice } = await loadFixture(registrySystem)
        await registry.setTerms(1, STAKED)
        await staking.connect(alice).stake(1, 100n)
        await registry.connect(alice).commitBatch(1, id('root'), 7, MANIFEST)
        expect((await staking.positionOf(alice, 1)).locked).to.equal(70n)
        await registry.connect(alice).commit(1, id('a'), MANIFEST)
        await registry.connect(alice).commit(3, id('a'), MANIFEST)
        await registry.connect(alice).commit(1, id('a'), MANIFEST)
        expect((await staking.positionOf(alice, 1)).locked).to.equal(90n)
        await expect(registry.connect(alice).commitBatch(1, id('root'), 2, MANIFEST))
          .to.be.revertedWithCustomError(staking, 'DatanetStaking_InsufficientStake')
          .withArgs(alice, 1, 10n, 20n)
      })

      it('stops asking when the terms stop, and then for ever', async () => {
        const { registry, alice } = await loadFixture(registrySystem)
        await registry.setTerms(1, STAKED)
        await registry.setTerms(1, FREE)
        await registry.setTerms(1, STAKED)
        await registry.setTerms(1, FREE)
        await registry.connect(alice).commit(1, id('a'), MANIFEST)
        await expect(registry.setTerms(1, STAKED)).to.be.revertedWithCustomError(
          registry,
          'DatanetRegistry_StakeTooLate',
        )
      })
    })
  })

  describe('commitBatchUnder', () => {
    it('commits under the terms that the contributor knows', async () => {
      const { registry, alice } = await loadFixture(registrySystem)
      await registry.setTerms(1, FREE)
      await expect(registry.connect(alice).commitBatchUnder(1, 1, id('root'), 4, MANIFEST))
        .to.emit(registry, 'BatchCommitted')
        .withArgs(1, alice, 0, 4, id('root'), MANIFEST)
    })

    describe('given other terms', () => {
      it('reverts with both versions', async () => {
        const { registry, alice } = await loadFixture(registrySystem)
        await registry.setTerms(1, FREE)
        await registry.setTerms(1, STAKED)
        await expect(registry.connect(alice).commitBatchUnder(1, 1, id('root'), 1, MANIFEST))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_TermsChanged')
          .withArgs(1, 2)
      })
    })
  })

  describe('itemLeaf', () => {
    it('binds chain, registry, Datanet, contributor, position, digest and salt', async () => {
      const { registry, alice } = await loadFixture(registrySystem)
      const encoded = ethers.AbiCoder.defaultAbiCoder().encode(
        ['bytes32', 'uint256', 'address', 'uint32', 'address', 'uint32', 'bytes32', 'bytes32'],
        [
          id('OpenDatanets.Contribution.v1'),
          31337,
          await registry.getAddress(),
          7,
          alice.address,
          5,
          id('item'),
          id('salt'),
        ],
      )
      expect(await registry.itemLeaf(7, alice, 5, id('item'), id('salt'))).to.equal(ethers.keccak256(encoded))
    })
  })

  describe('given batches of several contributors', () => {
    async function committed() {
      const system = await registrySystem()
      const { registry, alice, bob } = system
      const { items, tree } = await itemsFor(registry, alice, 5)
      const roots = [id('earlier'), tree.root, id('later'), id('last')]
      const batches: IDatanetRegistry.BatchStruct[] = []
      let n = 0
      for (const [i, itemsRoot] of roots.entries()) {
        const batch = { datanetId: i === 2 ? 3 : 1, firstContributionId: n, itemCount: 5 + i }
        await registry.connect(alice).commitBatch(batch.datanetId, itemsRoot, batch.itemCount, MANIFEST)
        await registry.connect(bob).commit(1, id(`bob ${i}`), MANIFEST)
        batches.push({ ...batch, itemsRoot, manifestDigest: MANIFEST })
        n += batch.itemCount
      }
      const hashes = batches.map(batchHash)
      const proof = {
        batch: batches[1]!,
        headBefore: headAfter(NO_HEAD, hashes[0]!),
        laterBatches: hashes.slice(2),
      }
      return { ...system, items, tree, batches, hashes, proof }
    }

    describe('headOf', () => {
      it('is the hash chain over all batches of the contributor, and zero before', async () => {
        const { registry, alice, carol, hashes } = await loadFixture(committed)
        expect(await registry.headOf(alice)).to.equal(hashes.reduce(headAfter, NO_HEAD))
        expect(await registry.headOf(carol)).to.equal(NO_HEAD)
      })
    })

    describe('verifyBatch', () => {
      it('accepts each batch', async () => {
        const { registry, batches, hashes } = await loadFixture(committed)
        for (const [i, batch] of batches.entries()) {
          const headBefore = hashes.slice(0, i).reduce(headAfter, NO_HEAD)
          expect(await registry.batchHash(batch)).to.equal(hashes[i])
          expect(
            await registry.verifyBatch({ batch, headBefore, laterBatches: hashes.slice(i + 1) }),
          ).to.equal(true)
        }
      })

      it('refuses a batch with any field changed, and a wrong history', async () => {
        const { registry, proof } = await loadFixture(committed)
        const { batch } = proof
        const wrong: (typeof proof)[] = [
          { ...proof, batch: { ...batch, datanetId: 2 } },
          { ...proof, batch: { ...batch, firstContributionId: 6 } },
          { ...proof, batch: { ...batch, firstContributionId: contributionId(1, 5) } },
          { ...proof, batch: { ...batch, firstContributionId: contributionId(9, 5) } },
          { ...proof, batch: { ...batch, itemCount: 7 } },
          { ...proof, batch: { ...batch, itemsRoot: id('other') } },
          { ...proof, batch: { ...batch, manifestDigest: id('other') } },
          { ...proof, headBefore: NO_HEAD },
          { ...proof, laterBatches: [] },
          { ...proof, laterBatches: proof.laterBatches.slice(1) },
          { ...proof, laterBatches: [...proof.laterBatches].reverse() },
        ]
        for (const one of wrong) expect(await registry.verifyBatch(one)).to.equal(false)
        expect(await registry.verifyBatch(proof)).to.equal(true)
      })
    })

    describe('verifyItem', () => {
      it('accepts every item of a batch', async () => {
        const { registry, items, tree, proof } = await loadFixture(committed)
        for (const [i, { digest, salt }] of items.entries()) {
          expect(await registry.verifyItem(proof, i, digest, salt, tree.getProof(i))).to.equal(true)
        }
      })

      it('refuses another position, digest, salt, proof or batch', async () => {
        const { registry, items, tree, proof } = await loadFixture(committed)
        const { digest, salt } = items[1]!
        const path = tree.getProof(1)
        const other = { ...proof, laterBatches: [] }
        expect(await registry.verifyItem(proof, 2, digest, salt, path)).to.equal(false)
        expect(await registry.verifyItem(proof, 1, salt, salt, path)).to.equal(false)
        expect(await registry.verifyItem(proof, 1, digest, digest, path)).to.equal(false)
        expect(await registry.verifyItem(proof, 1, digest, salt, tree.getProof(2))).to.equal(false)
        expect(await registry.verifyItem(other, 1, digest, salt, path)).to.equal(false)
      })
    })
  })

  describe('verifyItem', () => {
    it('accepts the item of a single commitment', async () => {
      const { registry, alice } = await loadFixture(registrySystem)
      const leaf = await registry.itemLeaf(1, alice, 0, id('item'), id('salt'))
      await registry.connect(alice).commit(1, leaf, MANIFEST)
      const batch = {
        datanetId: 1,
        firstContributionId: 0,
        itemCount: 1,
        itemsRoot: leaf,
        manifestDigest: MANIFEST,
      }
      const proof = { batch, headBefore: NO_HEAD, laterBatches: [] }
      expect(await registry.verifyItem(proof, 0, id('item'), id('salt'), [])).to.equal(true)
    })

    it('refuses items beyond the declared count', async () => {
      const { registry, alice } = await loadFixture(registrySystem)
      const { items, tree } = await itemsFor(registry, alice, 5)
      await registry.connect(alice).commitBatch(1, tree.root, 4, MANIFEST)
      const batch = {
        datanetId: 1,
        firstContributionId: 0,
        itemCount: 4,
        itemsRoot: tree.root,
        manifestDigest: MANIFEST,
      }
      const proof = { batch, headBefore: NO_HEAD, laterBatches: [] }
      const { digest, salt } = items[4]!
      expect(await registry.verifyItem(proof, 4, digest, salt, tree.getProof(4))).to.equal(false)
    })

    describe('given a commitment that somebody copied from the mempool', () => {
      it('cannot be opened by the copier, though it was there first', async () => {
        const { registry, alice, bob } = await loadFixture(registrySystem)
        const { items, tree } = await itemsFor(registry, alice, 3)
        await registry.connect(bob).commitBatch(1, tree.root, 3, MANIFEST)
        await registry.connect(alice).commitBatch(1, tree.root, 3, MANIFEST)
        const { digest, salt } = items[0]!
        const opened = await Promise.all(
          [0, 1].map(index => {
            const batch = {
              datanetId: 1,
              firstContributionId: contributionId(index, 0),
              itemCount: 3,
              itemsRoot: tree.root,
              manifestDigest: MANIFEST,
            }
            const proof = { batch, headBefore: NO_HEAD, laterBatches: [] }
            return registry.verifyItem(proof, 0, digest, salt, tree.getProof(0))
          }),
        )
        expect(opened).to.deep.equal([false, true])
      })
    })
  })

  describe('tombstones', () => {
    async function contributed() {
      const system = await registrySystem()
      const { registry, alice, bob } = system
      await registry.connect(alice).commitBatch(1, id('root'), 10, MANIFEST)
      await registry.connect(bob).commitBatch(1, id('root'), 10, MANIFEST)
      return system
    }

    it('withdraw contributions', async () => {
      const { registry, bob } = await loadFixture(contributed)
      const first = contributionId(1, 4)
      await expect(registry.connect(bob).withdraw(first, 6))
        .to.emit(registry, 'ContributionsWithdrawn')
        .withArgs(1, first, 6)
    })

    it('change their licence', async () => {
      const { registry, alice } = await loadFixture(contributed)
      await expect(registry.connect(alice).changeLicense(0, 10, id('CC0')))
        .to.emit(registry, 'ContributionsRelicensed')
        .withArgs(0, 0, 10, id('CC0'))
    })

    it('name their successors', async () => {
      const { registry, alice } = await loadFixture(contributed)
      await expect(registry.connect(alice).succeed(1, 4, 3))
        .to.emit(registry, 'ContributionsSucceeded')
        .withArgs(0, 1, 4, 3)
    })

    describe('given contributions that are not, or not all, the caller’s', () => {
      it('reverts with caller and range', async () => {
        const { registry, alice, carol } = await loadFixture(contributed)
        const ofBob = contributionId(1, 0)
        const cases = [
          [alice, ofBob, 1],
          [alice, 9n, 2],
          [alice, 0n, 2 ** 32 - 1],
          [alice, 3n, 0],
          [alice, contributionId(2 ** 32 - 1, 0), 1],
          [carol, 0n, 1],
          [carol, contributionId(2 ** 32 - 1, 0), 1],
        ] as const
        for (const [caller, first, count] of cases) {
          const calls = [
            () => registry.connect(caller).withdraw(first, count),
            () => registry.connect(caller).changeLicense(first, count, id('CC0')),
            () => registry.connect(caller).succeed(first, 0, count),
          ]
          for (const call of calls) {
            await expect(call())
              .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotOwnItems')
              .withArgs(caller, first, count)
          }
        }
        await expect(registry.connect(alice).succeed(0, ofBob, 1))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotOwnItems')
          .withArgs(alice, ofBob, 1)
      })
    })

    describe('given successors that are not younger', () => {
      it('reverts with both ids', async () => {
        const { registry, alice } = await loadFixture(contributed)
        for (const successor of [0, 2, 3]) {
          await expect(registry.connect(alice).succeed(2, successor, 2))
            .to.be.revertedWithCustomError(registry, 'DatanetRegistry_SuccessorOrder')
            .withArgs(2, successor)
        }
      })
    })
  })

  describe('gas, of the whole transaction', () => {
    async function committedTwice() {
      const system = await registrySystem()
      await system.registry.connect(system.alice).commit(1, id('one'), MANIFEST)
      await system.registry.connect(system.alice).commit(1, id('two'), MANIFEST)
      return system
    }

    it('of one more commitment to the same Datanet', async function () {
      if (IN_COVERAGE) this.skip()
      const { registry, alice } = await loadFixture(committedTwice)
      expect(await gasOf(registry.connect(alice).commit(1, id('three'), MANIFEST))).to.equal(30_897n)
    })

    it('of a batch of 1,000 items: below 40 an item', async function () {
      if (IN_COVERAGE) this.skip()
      const { registry, alice } = await loadFixture(committedTwice)
      const batch = registry.connect(alice).commitBatch(1, id('three'), 1000, MANIFEST)
      expect(await gasOf(batch)).to.equal(31_207n)
    })

    it('of a commitment to another Datanet than the last', async function () {
      if (IN_COVERAGE) this.skip()
      const { registry, alice, owner } = await loadFixture(committedTwice)
      await registry.connect(owner).commit(3, id('a'), MANIFEST)
      expect(await gasOf(registry.connect(alice).commit(3, id('three'), MANIFEST))).to.equal(34_113n)
    })

    it('of the largest lineage, eight parents', async function () {
      if (IN_COVERAGE) this.skip()
      const { registry } = await loadFixture(committedTwice)
      for (let i = 4; i <= 9; i++) await registry.createDatanet(`number ${i}`, METADATA, Policy.Open)
      const ids = [1, 2, 3, 4, 5, 6, 7, 8]
      expect(await gasOf(registry.setParents(9, ids, ids))).to.be.lessThan(150_000n)
    })
  })

  describe('size', () => {
    it('of each contract of the registry is below 18,000 bytes', async function () {
      if (IN_COVERAGE) this.skip()
      for (const name of ['DatanetRegistry', 'ModelRegistry', 'PermissionBook', 'DatanetStaking']) {
        const { deployedBytecode } = await hre.artifacts.readArtifact(name)
        expect(ethers.dataLength(deployedBytecode)).to.be.lessThan(18_000)
      }
    })
  })
})
