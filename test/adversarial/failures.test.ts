import { loadFixture, time } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { concat, dataSlice, getBytes, id, toBeHex, ZeroHash } from 'ethers'
import { ethers } from 'hardhat'

import { CONTRACT_NAMES } from '../../scripts/deploymentRecord'
import { EMPTY, PositionalTree, hash24 } from '../libraries/positionalTree'
import { ledgerLeaf } from '../libraries/treeLeaves'
import {
  BOND,
  CONFIG,
  DATANET,
  EPOCH_CAP,
  FUNDED,
  POOL,
  SIGNERS,
  STAKE,
  type Scene,
  acting,
  batchEntries,
  claimOf,
  coSigned,
  honestRows,
  makeFinal,
  paidScene,
  pastWindow,
  planted,
  protocolScene,
  shown,
  submit,
} from './protocolScene'

const NO_POOL = {
  position: 0,
  poolId: 0,
  settlementRoot: EMPTY,
  leafCount: 0,
  totalWeight: 0,
  amount: 0,
  cumulative: 0,
  prefix: 0,
  proof: '0x',
}
const UPHELD = 1
const REFUSED = 0

/** What failed elsewhere, tried here. Each attack is on the rule that prevents it; `rules.ts` takes the rules away. */
describe('the failures of others', () => {
  describe('control: an honest epoch', () => {
    it('is posted, made final and claimed', async () => {
      const { system, first, contributors, outsider } = await loadFixture(paidScene)
      for (const [i, { account, cumulative }] of first.ledger.entries.entries()) {
        const before = await system.token.balanceOf(account)
        await system.rewardVault.connect(outsider).claim(...claimOf(first, i))
        expect(await system.token.balanceOf(contributors[i]!)).to.equal(before + cumulative)
      }
    })
  })

  describe('row 01: SuperRare, anyone could set the root', () => {
    it('refuses everybody but the oracle: the root', async () => {
      const scene = await loadFixture(paidScene)
      const { rewardVault } = scene.system
      for (const caller of await everybodyBut(scene, 'attributionOracle')) {
        await expect(rewardVault.connect(caller).setRoot(`0x${'11'.repeat(24)}`, 9))
          .to.be.revertedWithCustomError(rewardVault, 'RewardVault_NotOracle')
          .withArgs(caller.address)
      }
    })

    it('refuses everybody but the oracle: its place', async () => {
      const scene = await loadFixture(paidScene)
      const { rewardVault, rewardEscrow, operatorSet } = scene.system
      for (const caller of await everybodyBut(scene, 'attributionOracle')) {
        await expect(rewardVault.connect(caller).setOracle(caller))
          .to.be.revertedWithCustomError(rewardVault, 'RewardVault_NotOracle')
          .withArgs(caller.address)
        await expect(rewardEscrow.connect(caller).setOracle(caller))
          .to.be.revertedWithCustomError(rewardEscrow, 'RewardEscrow_NotOracle')
          .withArgs(caller.address)
        await expect(operatorSet.connect(caller).setOracle(caller))
          .to.be.revertedWithCustomError(operatorSet, 'OperatorSet_NotOracle')
          .withArgs(caller.address)
      }
    })

    it('refuses a post without a quorum', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle, operatorSet } = scene.system
      const { post } = planted(scene, honestRows(scene))
      await expect(attributionOracle.connect(scene.operator).post(post, 1, '0x'))
        .to.be.revertedWithCustomError(operatorSet, 'OperatorSet_WrongQuorum')
        .withArgs(1, 2)
    })
  })

  describe('row 02: ZKsync, an admin key swept what was allocated', () => {
    it('lets no key release what the escrow holds', async () => {
      const scene = await loadFixture(paidScene)
      const { rewardEscrow } = scene.system
      for (const caller of await everybodyBut(scene, 'attributionOracle')) {
        await expect(rewardEscrow.connect(caller).release(FUNDED))
          .to.be.revertedWithCustomError(rewardEscrow, 'RewardEscrow_NotOracle')
          .withArgs(caller.address)
      }
    })

    it('lets a distributor pay only what it has: even governance mints nothing', async () => {
      const { system, governance, outsider } = await loadFixture(paidScene)
      const { token } = system
      const supply = await token.totalSupply()
      await token.connect(governance).setDistributor(outsider, true)
      await expect(token.connect(outsider).payCumulative(outsider, 1n, outsider))
        .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
        .withArgs(outsider.address, 0n, 1n)
      expect(await token.totalSupply()).to.equal(supply)
    })

    it('has no sweep: the functions that move anything are these', async () => {
      const { system } = await loadFixture(paidScene)
      expect(writesOf(system.rewardVault)).to.have.members([
        'claim',
        'claimBatch',
        'claimPacked',
        'setOracle',
        'setRoot',
      ])
      expect(writesOf(system.rewardEscrow)).to.have.members(['fund', 'release', 'setOracle'])
    })
  })

  describe('row 03: Convergence, a claim told the contract whom and what to pay', () => {
    it('pays no other account, amount or place than the leaf says', async () => {
      const { system, first, outsider } = await loadFixture(paidScene)
      const [index, account, cumulative, prefix, proof] = claimOf(first, 1)
      for (const wrong of [
        [index, outsider.address, cumulative, prefix, proof],
        [index, account, cumulative + 1n, prefix, proof],
        [index, account, cumulative, prefix + 1n, proof],
        [index + 1, account, cumulative, prefix, proof],
      ] as const) {
        await expect(system.rewardVault.connect(outsider).claim(...wrong)).to.be.revertedWithCustomError(
          system.rewardVault,
          'RewardVault_InvalidProof',
        )
      }
    })
  })

  describe('row 04: Symbiotic, a root for more than was paid in', () => {
    it('refuses the post', async () => {
      const scene = await loadFixture(protocolScene)
      const { post } = planted(scene, honestRows(scene, FUNDED + 1n))
      await expect(submit(scene, post))
        .to.be.revertedWithCustomError(scene.system.attributionOracle, 'AttributionOracle_TotalOverFunded')
        .withArgs(FUNDED + 1n, FUNDED)
    })

    it('refuses the release, whatever oracle asks', async () => {
      const { system } = await loadFixture(protocolScene)
      const oracle = await acting(system.attributionOracle)
      await expect(system.rewardEscrow.connect(oracle).release(FUNDED + 1n))
        .to.be.revertedWithCustomError(system.rewardEscrow, 'RewardEscrow_TotalOverFunded')
        .withArgs(FUNDED + 1n, FUNDED)
    })

    it('rejects a pool that pays more than it got, though the total fits', async () => {
      const scene = await loadFixture(protocolScene)
      const { rewardEscrow, token, settlementProofs } = scene.system
      await token.approve(rewardEscrow, 1_000n)
      await rewardEscrow.fund(POOL + 1n, 1_000n)
      const lie = planted(scene, honestRows(scene, FUNDED + 1n))
      await submit(scene, lie.post)
      const proof = settlementProofs
        .connect(scene.challenger)
        .challengePool(lie.post, SIGNERS, shown(lie.manifest, 0))
      await expectRejected(scene, proof)
    })
  })

  describe('row 05: the contract does not know the sum of the leaves', () => {
    it('rejects a total that is not the sum', async () => {
      const scene = await loadFixture(protocolScene)
      const lie = overSummed(scene)
      await submit(scene, lie.post)
      const proof = scene.system.fraudProofs
        .connect(scene.challenger)
        .challengeTotal(lie.post, SIGNERS, shown(lie.ledger, 4))
      await expectRejected(scene, proof)
    })

    it('gives the vault no more than the total, though nobody looks', async () => {
      const scene = await loadFixture(protocolScene)
      const { system } = scene
      const lie = overSummed(scene)
      await makeFinal(scene, lie.post)
      expect(await system.token.balanceOf(system.rewardVault)).to.equal(100n)
      await expect(system.rewardVault.claim(...claimOf(lie, 4)))
        .to.be.revertedWithCustomError(system.token, 'ERC20InsufficientBalance')
        .withArgs(await system.rewardVault.getAddress(), 100n, 1_015n)
    })
  })

  describe('row 06: Nomad, the zero root was accepted', () => {
    it('pays nothing before the first root', async () => {
      const scene = await loadFixture(protocolScene)
      const { ledger } = planted(scene, honestRows(scene))
      const { account, cumulative, prefix } = ledger.entries[0]!
      await expect(
        scene.system.rewardVault.claim(0, account, cumulative, prefix, '0x'),
      ).to.be.revertedWithCustomError(scene.system.rewardVault, 'RewardVault_Paused')
    })

    it('refuses a post with a zero root over leaves', async () => {
      const scene = await loadFixture(protocolScene)
      const { post } = planted(scene, honestRows(scene), 1, { ledgerRoot: EMPTY })
      await expect(submit(scene, post))
        .to.be.revertedWithCustomError(scene.system.attributionOracle, 'AttributionOracle_RootCountMismatch')
        .withArgs(EMPTY, 5)
    })
  })

  describe('row 07: a leaf that passes for a node, or stands where only nodes stand', () => {
    it('rejects a leaf that hides above the others', async () => {
      const scene = await loadFixture(protocolScene)
      const rows = honestRows(scene)
      const hidden = { account: scene.contributors[3]!.address, cumulative: 9_000n, prefix: 0n }
      const leaf = ledgerLeaf(scene.ledgerDomain, hidden)
      const [a, b, c, d, e] = planted(scene, rows).ledger.tree.leaves as [
        string,
        string,
        string,
        string,
        string,
      ]
      const node = (left: string, right: string) => hash24(concat([left, right]))
      const left = node(node(a, b), node(c, d))
      const root = node(left, node(node(e, EMPTY), leaf))
      const lie = planted(scene, rows, 1, { ledgerRoot: root })
      const proof = concat([node(e, EMPTY), left])
      await submit(scene, lie.post)
      const challenge = scene.system.fraudProofs
        .connect(scene.challenger)
        .challengeAccount(lie.post, SIGNERS, { index: 3, ...hidden, proof })
      await expectRejected(scene, challenge)
    })

    it('takes no node for a leaf: a claim cannot grow the tree downwards', async () => {
      const { system, first, outsider } = await loadFixture(paidScene)
      const [index, account, cumulative, prefix, proof] = claimOf(first, 0)
      const longer = concat([`0x${'22'.repeat(24)}`, proof])
      await expect(
        system.rewardVault.connect(outsider).claim(index, account, cumulative, prefix, longer),
      ).to.be.revertedWithCustomError(system.rewardVault, 'RewardVault_InvalidProof')
    })

    it('keeps the trees apart: every tag gives another domain', async () => {
      const { system, vault } = await loadFixture(protocolScene)
      const domain = (tag: string) =>
        ethers.keccak256(
          ethers.AbiCoder.defaultAbiCoder().encode(
            ['bytes32', 'uint256', 'address', 'uint32'],
            [id(`OpenDatanets.${tag}.v1`), 31337n, vault, 1],
          ),
        )
      expect(await system.rewardVault.DOMAIN()).to.equal(domain('Ledger'))
    })
  })

  describe('row 08: padding', () => {
    it('rejects a leaf behind the last, even of the right account', async () => {
      const scene = await loadFixture(protocolScene)
      const rows = honestRows(scene)
      const extra = { account: scene.contributors[5]!.address, cumulative: 9_000n, prefix: 100n }
      const lie = planted(scene, { ...rows, ledger: [...rows.ledger, extra] }, 1, {
        ledgerCount: 5,
        total: 100n,
      })
      await submit(scene, lie.post)
      const challenge = scene.system.fraudProofs
        .connect(scene.challenger)
        .challengeAccount(lie.post, SIGNERS, shown(lie.ledger, 5))
      await expectRejected(scene, challenge)
    })

    it('rejects an empty place before the last', async () => {
      const scene = await loadFixture(protocolScene)
      const lie = planted(scene, honestRows(scene), 1, { ledgerCount: 6 })
      await submit(scene, lie.post)
      const challenge = scene.system.fraudProofs
        .connect(scene.challenger)
        .challengeMissing(lie.post, SIGNERS, 0, 5, lie.ledger.tree.proof(5))
      await expectRejected(scene, challenge)
    })
  })

  describe('row 09: one leaf under many indices', () => {
    it('refuses an index outside the tree', async () => {
      const { system, first } = await loadFixture(paidScene)
      const [index, account, cumulative, prefix, proof] = claimOf(first, 1)
      const far = index + 8
      await expect(system.rewardVault.claim(far, account, cumulative, prefix, proof))
        .to.be.revertedWithCustomError(system.rewardVault, 'CumulativeMerkle_PositionOutside')
        .withArgs(far, 3)
    })

    it('refuses a proof that is not whole nodes', async () => {
      const { system, first } = await loadFixture(paidScene)
      const [index, account, cumulative, prefix, proof] = claimOf(first, 1)
      await expect(system.rewardVault.claim(index, account, cumulative, prefix, concat([proof, '0x00'])))
        .to.be.revertedWithCustomError(system.rewardVault, 'CumulativeMerkle_ProofLength')
        .withArgs(73)
    })
  })

  describe('row 10: the calculator off chain was wrong', () => {
    it('rejects a journal that is not what the weights give', async () => {
      const scene = await loadFixture(protocolScene)
      const rows = honestRows(scene)
      const pays = rows.journal.map(({ amount }, i) => amount + [7n, -7n, 0n, 0n, 0n][i]!)
      const lie = planted(scene, withPays(rows, pays))
      await submit(scene, lie.post)
      await expectRejected(scene, entryChallenge(scene, lie, 1))
    })

    it('rejects a ledger that is not what the journal gives', async () => {
      const scene = await loadFixture(protocolScene)
      const rows = honestRows(scene)
      const cumulatives = rows.ledger.map(({ cumulative }, i) => cumulative + [7n, -7n, 0n, 0n, 0n][i]!)
      const lie = planted(scene, { ...rows, ledger: ledgerWith(rows, cumulatives) })
      await submit(scene, lie.post)
      const boundary = [shown(lie.journal, 0), shown(lie.journal, 1)]
      const challenge = scene.system.fraudProofs
        .connect(scene.challenger)
        .challengeIncrease(lie.post, SIGNERS, lie.post, shown(lie.ledger, 0), shown(lie.ledger, 0), boundary)
      await expectRejected(scene, challenge)
    })
  })

  describe('row 11: numbers as text', () => {
    it('refuses a field outside its width: a post has one encoding', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle } = scene.system
      const { post } = planted(scene, honestRows(scene))
      const data = attributionOracle.interface.encodeFunctionData('post', [
        post,
        SIGNERS,
        await coSigned(attributionOracle, post),
      ])
      // The block number is the fourth word and has 64 bits.
      const at = 4 + 3 * 32
      const dirty = concat([dataSlice(data, 0, at), '0x01', dataSlice(data, at + 1)])
      const call = { to: await attributionOracle.getAddress(), data: dirty, from: scene.operator.address }
      const digest = dataSlice(await ethers.provider.call({ ...call, data: hashCall(scene, dirty) }), 0)
      expect(digest).to.not.equal(await attributionOracle.hashPost(post))
      const signature = await signedDigest(scene, digest)
      const forged = concat([dataSlice(dirty, 0, dirty.length / 2 - 1 - 64), signature])
      await expect(scene.operator.sendTransaction({ ...call, data: forged })).to.be.reverted
    })
  })

  describe('row 12: version skew between those who compute', () => {
    it('refuses other tree formats', async () => {
      const scene = await loadFixture(protocolScene)
      const { post } = planted(scene, honestRows(scene), 1, { specVersion: 2 })
      await expect(submit(scene, post))
        .to.be.revertedWithCustomError(scene.system.attributionOracle, 'AttributionOracle_WrongSpecVersion')
        .withArgs(2, 1)
    })

    it('refuses another configuration than the epoch was opened with', async () => {
      const scene = await loadFixture(protocolScene)
      const { post } = planted(scene, honestRows(scene), 1, { configDigest: id('other') })
      await expect(submit(scene, post))
        .to.be.revertedWithCustomError(scene.system.attributionOracle, 'AttributionOracle_WrongConfig')
        .withArgs(id('other'), CONFIG)
    })

    it('fixes the configuration once', async () => {
      const { system, epochManager } = await loadFixture(protocolScene)
      await expect(system.attributionOracle.connect(epochManager).openEpoch(1, id('other')))
        .to.be.revertedWithCustomError(system.attributionOracle, 'AttributionOracle_EpochAlreadyOpen')
        .withArgs(1, CONFIG)
    })
  })

  describe('row 13: rounding', () => {
    it('lets nobody reject the shares that sum to the wei', async () => {
      const scene = await loadFixture(protocolScene)
      const rows = honestRows(scene, 101n)
      const honest = planted(scene, rows)
      expect(rows.journal.reduce((all, { amount }) => all + amount, 0n)).to.equal(101n)
      await submit(scene, honest.post)
      for (const index of [0, 1, 2, 3, 4]) {
        await expect(entryChallenge(scene, honest, index)).to.be.revertedWithCustomError(
          scene.system.settlementProofs,
          'PostedTrees_NothingWrong',
        )
      }
    })

    it('rejects a share that is a wei off', async () => {
      const scene = await loadFixture(protocolScene)
      const rows = honestRows(scene, 101n)
      const pays = rows.journal.map(({ amount }, i) => amount + [1n, -1n, 0n, 0n, 0n][i]!)
      const lie = planted(scene, withPays(rows, pays))
      await submit(scene, lie.post)
      await expectRejected(scene, entryChallenge(scene, lie, 0))
    })
  })

  describe('row 14: the same submission twice', () => {
    it('refuses the post of an epoch that is final', async () => {
      const scene = await loadFixture(paidScene)
      await expect(submit(scene, scene.first.post))
        .to.be.revertedWithCustomError(scene.system.attributionOracle, 'AttributionOracle_WrongEpoch')
        .withArgs(1, 2)
    })

    it('finalizes a post once', async () => {
      const { system, first } = await loadFixture(paidScene)
      await expect(system.attributionOracle.finalize(first.post, SIGNERS)).to.be.revertedWithCustomError(
        system.attributionOracle,
        'AttributionOracle_NotPending',
      )
    })
  })

  describe('row 15: the timelock moved under a pending root', () => {
    it('keeps the deadline of a pending post', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle } = scene.system
      const { post } = planted(scene, honestRows(scene))
      await submit(scene, post)
      const { deadline } = await attributionOracle.pending()
      await attributionOracle.connect(scene.governance).setChallengeWindow(86_400)
      expect((await attributionOracle.pending()).deadline).to.equal(deadline)
      await time.increase(86_400)
      await expect(attributionOracle.finalize(post, SIGNERS)).to.be.revertedWithCustomError(
        attributionOracle,
        'AttributionOracle_TooEarly',
      )
    })

    it('keeps the window above a day', async () => {
      const { system, governance } = await loadFixture(protocolScene)
      await expect(
        system.attributionOracle.connect(governance).setChallengeWindow(86_399),
      ).to.be.revertedWithCustomError(system.attributionOracle, 'AttributionOracle_WindowOutside')
    })
  })

  describe('row 16: a pending root replaced to dodge its challenges', () => {
    it('lets nobody post over it', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle } = scene.system
      const { post } = planted(scene, honestRows(scene))
      await submit(scene, post)
      const { pendingHash } = await attributionOracle.pending()
      await expect(submit(scene, { ...post, dataDigest: id('other') }))
        .to.be.revertedWithCustomError(attributionOracle, 'AttributionOracle_AlreadyPending')
        .withArgs(pendingHash)
    })

    it('lets governance take no prover from a pending post: it is dropped, unslashed', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle, fraudProofs, operatorSet } = scene.system
      const { post } = planted(scene, honestRows(scene))
      await submit(scene, post)
      await expect(attributionOracle.connect(scene.governance).setProver(fraudProofs, false))
        .to.emit(attributionOracle, 'RootCancelled')
        .withArgs(1)
      await expectDropped(scene, post)
      expect(await operatorSet.bondOf(scene.operator)).to.equal(BOND)
    })

    it('gives what is posted instead a full window', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle, fraudProofs } = scene.system
      const { post } = planted(scene, honestRows(scene))
      await submit(scene, post)
      await time.increase((await attributionOracle.challengeWindow()) - 100n)
      await attributionOracle.connect(scene.governance).setProver(fraudProofs, false)
      await submit(scene, post)
      const full = BigInt(await time.latest()) + (await attributionOracle.challengeWindow())
      expect((await attributionOracle.pending()).deadline).to.equal(full)
    })

    it('lets governance hand no pending post over: it is dropped', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle } = scene.system
      const successor = await secondOracle(scene)
      const { post } = planted(scene, honestRows(scene))
      await submit(scene, post)
      await expect(attributionOracle.connect(scene.governance).handOver(successor))
        .to.emit(attributionOracle, 'RootCancelled')
        .withArgs(1)
      await expectDropped(scene, post)
      expect((await successor.pending()).deadline).to.equal(0n)
    })

    it('takes nothing over that the successor had pending before', async () => {
      const scene = await loadFixture(protocolScene)
      const successor = await secondOracle(scene)
      const { post } = planted(scene, honestRows(scene))
      await successor.connect(scene.governance).openEpoch(1, CONFIG)
      const signature = await coSigned(successor, post)
      await successor.connect(scene.operator).post(post, SIGNERS, signature)
      expect((await successor.pending()).deadline).to.not.equal(0n)
      await scene.system.attributionOracle.connect(scene.governance).handOver(successor)
      expect((await successor.pending()).deadline).to.equal(0n)
    })

    it('lets no oracle follow that nobody could challenge', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle } = scene.system
      const successor = await secondOracle(scene)
      await successor.connect(scene.governance).setProver(scene.challenger, false)
      await expect(
        attributionOracle.connect(scene.governance).handOver(successor),
      ).to.be.revertedWithCustomError(attributionOracle, 'AttributionOracle_WrongSuccessor')
    })
  })

  describe('row 17: a bad root that cannot be disabled', () => {
    it('stops claims of a final root', async () => {
      const { system, first, guardian } = await loadFixture(paidScene)
      await system.attributionOracle.connect(guardian).pauseClaims()
      await expect(system.rewardVault.claim(...claimOf(first, 0))).to.be.revertedWithCustomError(
        system.rewardVault,
        'RewardVault_Paused',
      )
    })

    it('ends by itself: anyone resumes after three days, nobody before', async () => {
      const { system, first, guardian, outsider } = await loadFixture(paidScene)
      const { attributionOracle, access } = system
      await attributionOracle.connect(guardian).pauseClaims()
      await expect(attributionOracle.connect(outsider).resumeClaims(first.post))
        .to.be.revertedWithCustomError(attributionOracle, 'AccessManagedUnauthorized')
        .withArgs(outsider.address)
      await time.increase(3 * 86_400)
      await attributionOracle.connect(outsider).resumeClaims(first.post)
      await system.rewardVault.claim(...claimOf(first, 0))
      expect(await attributionOracle.authority()).to.equal(await access.getAddress())
    })

    it('is not for ever: not again within ten days', async () => {
      const { system, first, guardian } = await loadFixture(paidScene)
      const oracle = system.attributionOracle.connect(guardian)
      await oracle.pauseClaims()
      await oracle.resumeClaims(first.post)
      await expect(oracle.pauseClaims()).to.be.revertedWithCustomError(oracle, 'AttributionOracle_CoolDown')
    })
  })

  describe('row 18: a dispute that cannot end because a party cannot be paid', () => {
    it('ends a dispute without a transfer to anybody', async () => {
      const scene = await loadFixture(protocolScene)
      const { disputeCourt, token } = scene.system
      await ruledDispute(scene, scene.contributors[0]!.address, REFUSED)
      await expect(disputeCourt.resolve(1)).to.changeTokenBalances(
        token,
        [scene.challenger, disputeCourt],
        [0n, 0n],
      )
      expect(await disputeCourt.creditOf(scene.challenger)).to.equal(1_000n * 10n ** 18n)
    })

    it('slashes a lie without a transfer to anybody', async () => {
      const scene = await loadFixture(protocolScene)
      const lie = overSummed(scene)
      await submit(scene, lie.post)
      const challenge = scene.system.fraudProofs
        .connect(scene.challenger)
        .challengeTotal(lie.post, SIGNERS, shown(lie.ledger, 4))
      await expect(challenge).to.not.emit(scene.system.token, 'Transfer')
    })
  })

  describe('row 19: delay by griefing', () => {
    it('moves no deadline for a demand, and takes none too late', async () => {
      const scene = await loadFixture(protocolScene)
      const { pageDemands, attributionOracle } = scene.system
      const { post } = planted(scene, honestRows(scene))
      await submit(scene, post)
      const { deadline } = await attributionOracle.pending()
      await pageDemands.demand(post, SIGNERS, 0, 0, NO_POOL)
      expect((await attributionOracle.pending()).deadline).to.equal(deadline)
      await expect(pageDemands.demand(post, SIGNERS, 0, 0, NO_POOL)).to.be.revertedWithCustomError(
        pageDemands,
        'PageDemands_AlreadyDemanded',
      )
      await time.setNextBlockTimestamp(deadline - (await pageDemands.responseWindow()) + 1n)
      await expect(pageDemands.demand(post, SIGNERS, 1, 0, NO_POOL)).to.be.revertedWithCustomError(
        pageDemands,
        'PageDemands_TooLate',
      )
    })

    it('finalizes at the deadline once the pages are shown', async () => {
      const scene = await loadFixture(protocolScene)
      const { pageDemands, attributionOracle } = scene.system
      const { post, ledger } = planted(scene, honestRows(scene))
      await submit(scene, post)
      await pageDemands.demand(post, SIGNERS, 0, 0, NO_POOL)
      const page = { tree: 0, poolId: 0, root: post.ledgerRoot, leafCount: 5, number: 0 }
      const leaves = ledger.entries.flatMap(({ account, cumulative, prefix }) => [
        account,
        toBeHex(cumulative, 16),
        toBeHex(prefix, 16),
      ])
      await pageDemands.connect(scene.outsider).reveal(page, concat(leaves), '0x')
      await pastWindow(scene)
      await attributionOracle.finalize(post, SIGNERS)
    })

    it('moves no deadline for a challenge that fails', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle, fraudProofs } = scene.system
      const honest = planted(scene, honestRows(scene))
      await submit(scene, honest.post)
      const { deadline } = await attributionOracle.pending()
      await expect(
        fraudProofs.challengeTotal(honest.post, SIGNERS, shown(honest.ledger, 4)),
      ).to.be.revertedWithCustomError(fraudProofs, 'PostedTrees_NothingWrong')
      expect((await attributionOracle.pending()).deadline).to.equal(deadline)
    })

    it('doubles the bond for each dispute that failed in an epoch', async () => {
      const scene = await loadFixture(protocolScene)
      const { disputeCourt } = scene.system
      const accused = scene.contributors[0]!.address
      const bond = await disputeCourt.bondFor(accused)
      await ruledDispute(scene, accused, 2)
      await disputeCourt.resolve(1)
      expect(await disputeCourt.bondFor(accused)).to.equal(2n * bond)
    })

    it('lets the guardian cancel once, then not for a window and a week', async () => {
      const scene = await loadFixture(protocolScene)
      const oracle = scene.system.attributionOracle.connect(scene.guardian)
      const { post } = planted(scene, honestRows(scene))
      await submit(scene, post)
      await oracle.cancelPending()
      await submit(scene, post)
      await expect(oracle.cancelPending()).to.be.revertedWithCustomError(oracle, 'AttributionOracle_CoolDown')
      await pastWindow(scene)
      await oracle.finalize(post, SIGNERS)
    })
  })

  describe('row 20: UMA, a captured vote', () => {
    it('takes no more in an epoch than its cap, however many disputes are upheld', async () => {
      const scene = await loadFixture(protocolScene)
      const { disputeCourt, staking, token } = scene.system
      for (const account of scene.contributors.slice(0, 2)) {
        await token.connect(account).approve(staking, STAKE)
        await staking.connect(account).stake(DATANET, STAKE)
      }
      for (const [i, accused] of scene.contributors.slice(0, 2).entries()) {
        await ruledDispute(scene, accused.address, UPHELD, i + 1)
        await disputeCourt.resolve(i + 1)
      }
      const { epochLength } = await disputeCourt.parameters()
      const epoch = (await disputeCourt.currentEpoch()) + 1n
      await time.increaseTo(epoch * epochLength)
      await disputeCourt.executeSlash(1)
      await disputeCourt.executeSlash(2)
      const left = await Promise.all(scene.contributors.slice(0, 2).map(account => staking.stakeOf(account)))
      expect(2n * STAKE - left[0]! - left[1]!).to.equal(EPOCH_CAP)
      expect(await disputeCourt.slashedIn(epoch)).to.equal(EPOCH_CAP)
    })

    it('gives the court no word on a post', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle, disputeCourt } = scene.system
      const { post } = planted(scene, honestRows(scene))
      await submit(scene, post)
      const court = await acting(disputeCourt)
      await expect(attributionOracle.connect(court).reject(post, SIGNERS, court, 0))
        .to.be.revertedWithCustomError(attributionOracle, 'AttributionOracle_NotProver')
        .withArgs(court.address)
    })
  })

  describe('row 21: claims for others', () => {
    it('pays the registered payout, whoever calls', async () => {
      const { system, first, contributors, outsider, server } = await loadFixture(paidScene)
      const [account] = contributors
      await system.contributorRegistry.connect(account!).setPayout(account!, server)
      await expect(system.rewardVault.connect(outsider).claim(...claimOf(first, 0))).to.changeTokenBalances(
        system.token,
        [account!, server, outsider],
        [0n, 42n, 0n],
      )
    })

    it('lets a guarded account wait for itself', async () => {
      const { system, first, contributors, outsider } = await loadFixture(paidScene)
      const [account] = contributors
      await system.contributorRegistry.connect(account!).setClaimer(account!, account!)
      await expect(system.rewardVault.connect(outsider).claim(...claimOf(first, 0)))
        .to.be.revertedWithCustomError(system.token, 'OpenToken_NotClaimer')
        .withArgs(outsider.address, account!.address)
    })

    it('goes on with a batch after an entry that was claimed before it', async () => {
      const { system, first, contributors, outsider } = await loadFixture(paidScene)
      await system.rewardVault.claim(...claimOf(first, 1))
      const proof = dataSlice(first.ledger.tree.proof(0), 48)
      await expect(
        system.rewardVault.connect(outsider).claimBatch(0, 0n, batchEntries(first, 0, 4), proof),
      ).to.changeTokenBalances(system.token, contributors.slice(0, 4), [42n, 0n, 14n, 14n])
    })
  })

  describe('row 22: a new root makes proofs on their way stale', () => {
    it('keeps the last root claimable while the next one is pending', async () => {
      const scene = await loadFixture(paidScene)
      const second = planted(scene, honestRows(scene, 70n, scene.first.ledger.entries), 2)
      await submit(scene, second.post)
      await scene.system.rewardVault.claim(...claimOf(scene.first, 0))
    })

    it('loses nothing with a stale proof: the next one pays both epochs', async () => {
      const scene = await loadFixture(paidScene)
      const { rewardVault, token } = scene.system
      const second = planted(scene, honestRows(scene, 70n, scene.first.ledger.entries), 2)
      await makeFinal(scene, second.post)
      await expect(rewardVault.claim(...claimOf(scene.first, 0))).to.be.revertedWithCustomError(
        rewardVault,
        'RewardVault_InvalidProof',
      )
      await expect(rewardVault.claim(...claimOf(second, 0))).to.changeTokenBalance(
        token,
        scene.contributors[0]!,
        72n,
      )
    })
  })

  describe('row 23: paid twice after a replacement', () => {
    it('pays nothing again from another vault', async () => {
      const scene = await loadFixture(paidScene)
      const { token } = scene.system
      const { vault, epoch } = await secondVault(scene)
      await scene.system.rewardVault.claim(...claimOf(scene.first, 0))
      await expect(vault.claim(...claimOf(epoch, 0)))
        .to.be.revertedWithCustomError(vault, 'RewardVault_NothingToClaim')
        .withArgs(scene.contributors[0]!.address, 42n)
      expect(await token.paid(scene.contributors[0]!)).to.equal(42n)
    })

    it('starts no epoch again in another oracle', async () => {
      const scene = await loadFixture(paidScene)
      const successor = await secondOracle(scene)
      await scene.system.attributionOracle.connect(scene.governance).handOver(successor)
      await expect(
        successor.connect(scene.operator).post(scene.first.post, SIGNERS, '0x'),
      ).to.be.revertedWithCustomError(successor, 'AttributionOracle_WrongEpoch')
    })
  })

  describe('row 24: a cumulative that falls', () => {
    it('rejects the ledger', async () => {
      const scene = await loadFixture(paidScene)
      const rows = honestRows(scene, 70n, scene.first.ledger.entries)
      const cumulatives = rows.ledger.map(({ cumulative }, i) => cumulative + [-40n, 40n, 0n, 0n, 0n][i]!)
      const lie = planted(scene, { ...rows, ledger: ledgerWith(rows, cumulatives) }, 2)
      await submit(scene, lie.post)
      const challenge = scene.system.fraudProofs
        .connect(scene.challenger)
        .challengeFallen(
          lie.post,
          SIGNERS,
          scene.first.post,
          shown(scene.first.ledger, 0),
          shown(lie.ledger, 0),
        )
      await expectRejected(scene, challenge)
    })

    it('refuses a total that falls', async () => {
      const scene = await loadFixture(paidScene)
      const { post } = planted(scene, honestRows(scene), 2, { total: 99n })
      await expect(submit(scene, post))
        .to.be.revertedWithCustomError(scene.system.attributionOracle, 'AttributionOracle_TotalFell')
        .withArgs(99n, 100n)
    })
  })

  describe('row 25: tokens that call back', () => {
    it('calls nobody: a transfer to a contract ends in the token', async () => {
      const { system, deployer } = await loadFixture(protocolScene)
      const wallet = await ethers.deployContract('ContractWalletMock', [deployer])
      const sent = await system.token.transfer(wallet, 1n)
      expect(await depthOf(sent.hash)).to.equal(1)
    })

    it('takes in funding exactly what it counts', async () => {
      const { system } = await loadFixture(protocolScene)
      const { token, rewardEscrow } = system
      await token.approve(rewardEscrow, 77n)
      await expect(rewardEscrow.fund(POOL, 77n)).to.changeTokenBalance(token, rewardEscrow, 77n)
      expect(await rewardEscrow.funded(POOL)).to.equal(FUNDED + 77n)
    })
  })

  describe('row 26: ETH that is pushed', () => {
    it('takes no ETH but in the timelock, which acts for governance', async () => {
      const { system, outsider } = await loadFixture(protocolScene)
      for (const name of CONTRACT_NAMES) {
        const sending = outsider.sendTransaction({ to: await system[name].getAddress(), value: 1n })
        if (name === 'timelock') await sending
        else await expect(sending, name).to.be.reverted
      }
    })

    it('has no payable function but those that act for governance', async () => {
      const { system } = await loadFixture(protocolScene)
      const payable = CONTRACT_NAMES.flatMap(name =>
        functionsOf(system[name])
          .filter(({ payable }) => payable)
          .map(fragment => `${name}.${fragment.name}`),
      )
      expect([...new Set(payable)]).to.have.members([
        'access.execute',
        'timelock.execute',
        'timelock.executeBatch',
        'governor.execute',
        'governor.relay',
      ])
    })
  })

  describe('row 27: attestations used elsewhere', () => {
    it('refuses what was signed for another oracle', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle, operatorSet } = scene.system
      const { post } = planted(scene, honestRows(scene))
      const signature = await coSigned(await secondOracle(scene), post)
      await expect(
        attributionOracle.connect(scene.operator).post(post, SIGNERS, signature),
      ).to.be.revertedWithCustomError(operatorSet, 'OperatorSet_NotActive')
    })

    it('refuses what was signed for another post', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle, operatorSet } = scene.system
      const { post } = planted(scene, honestRows(scene))
      const signature = await coSigned(attributionOracle, { ...post, dataDigest: id('other') })
      await expect(
        attributionOracle.connect(scene.operator).post(post, SIGNERS, signature),
      ).to.be.revertedWithCustomError(operatorSet, 'OperatorSet_NotActive')
    })

    it('refuses what was signed for a post that was dropped', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle, operatorSet } = scene.system
      const { post } = planted(scene, honestRows(scene))
      const signature = await coSigned(attributionOracle, post)
      const oracle = attributionOracle.connect(scene.operator)
      await oracle.post(post, SIGNERS, signature)
      await attributionOracle.connect(scene.guardian).cancelPending()
      await expect(oracle.post(post, SIGNERS, signature)).to.be.revertedWithCustomError(
        operatorSet,
        'OperatorSet_NotActive',
      )
    })

    it('uses a permission once', async () => {
      const { system, contributors, outsider } = await loadFixture(protocolScene)
      const book = system.permissionBook.connect(contributors[0]!)
      const grant = {
        contributor: contributors[0]!.address,
        grantee: outsider.address,
        firstContributionId: 0,
        count: 1,
        purposes: 1,
        expiry: (await time.latest()) + 1_000,
        nonce: 7,
      }
      await book.grant(grant, '0x')
      await book.revoke(await book.hashGrant(grant))
      await expect(book.grant(grant, '0x'))
        .to.be.revertedWithCustomError(book, 'PermissionBook_NonceUsed')
        .withArgs(contributors[0]!.address, 7)
    })
  })

  describe('row 28: removing an attester voids what it attested', () => {
    it('finalizes a pending post whatever becomes of its signers', async () => {
      const scene = await loadFixture(protocolScene)
      const { attributionOracle, operatorSet, rewardVault } = scene.system
      const epoch = planted(scene, honestRows(scene))
      await submit(scene, epoch.post)
      for (const signer of scene.operators.slice(0, 2)) await operatorSet.connect(signer).requestExit()
      await operatorSet.connect(scene.governance).setOperators([scene.outsider], 0, 2)
      await pastWindow(scene)
      await attributionOracle.finalize(epoch.post, SIGNERS)
      await rewardVault.claim(...claimOf(epoch, 0))
    })

    it('keeps the bond of a signer who leaves until its post is final', async () => {
      const scene = await loadFixture(protocolScene)
      const { operatorSet } = scene.system
      const lie = overSummed(scene)
      await submit(scene, lie.post)
      await operatorSet.connect(scene.operator).requestExit()
      await expectRejected(
        scene,
        scene.system.fraudProofs
          .connect(scene.challenger)
          .challengeTotal(lie.post, SIGNERS, shown(lie.ledger, 4)),
      )
      await expect(operatorSet.settleSlash(scene.operator))
        .to.emit(operatorSet, 'SlashSettled')
        .withArgs(scene.operator.address, scene.challenger.address, BOND / 2n, BOND / 2n)
    })
  })

  describe('row 29: initialization by the first comer', () => {
    it('has no initializer', async () => {
      const { system } = await loadFixture(protocolScene)
      for (const name of CONTRACT_NAMES) {
        expect(
          writesOf(system[name]).filter(write => /initial|upgrade/i.test(write)),
          name,
        ).to.be.empty
      }
    })

    it('lets only the deployer allocate the genesis, and each group once', async () => {
      const { system, deployer, outsider } = await loadFixture(protocolScene)
      const { genesis, token } = system
      for (const group of [0, 1, 2, 3, 4]) {
        await expect(genesis.connect(outsider).allocate(token, group, []))
          .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_NotDeployer')
          .withArgs(outsider.address)
        await expect(genesis.connect(deployer).allocate(token, group, []))
          .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_AlreadyAllocated')
          .withArgs(group)
      }
    })

    it('wires what is wired once', async () => {
      const { system, governance, outsider } = await loadFixture(protocolScene)
      const { staking, token, emissionController } = system
      await expect(staking.connect(governance).setRegistry(outsider))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_RegistryAlreadySet')
        .withArgs(await system.datanetRegistry.getAddress())
      await expect(token.connect(governance).setPayoutRegistry(outsider))
        .to.be.revertedWithCustomError(token, 'OpenToken_PayoutRegistryAlreadySet')
        .withArgs(await system.contributorRegistry.getAddress())
      await expect(
        emissionController.connect(governance).setVestingWallet(outsider),
      ).to.be.revertedWithCustomError(emissionController, 'EmissionController_WalletAlreadySet')
    })
  })

  describe('row 30: live balances', () => {
    it('counts no donation as funding', async () => {
      const scene = await loadFixture(protocolScene)
      const { token, rewardEscrow, attributionOracle } = scene.system
      await token.transfer(rewardEscrow, 50n)
      const { post } = planted(scene, honestRows(scene, FUNDED + 50n))
      await expect(submit(scene, post))
        .to.be.revertedWithCustomError(attributionOracle, 'AttributionOracle_TotalOverFunded')
        .withArgs(FUNDED + 50n, FUNDED)
    })

    it('claims whatever was donated to whom', async () => {
      const { system, first, contributors } = await loadFixture(paidScene)
      for (const to of [contributors[0]!, system.rewardVault]) await system.token.transfer(to, 1n)
      await expect(system.rewardVault.claim(...claimOf(first, 0))).to.changeTokenBalance(
        system.token,
        contributors[0]!,
        42n,
      )
    })
  })

  describe('row 31: loops without a bound', () => {
    it('bounds every list that a function walks: operators', async () => {
      const { system, governance } = await loadFixture(protocolScene)
      const accounts = Array.from({ length: 33 }, () => ethers.Wallet.createRandom().address)
      const operatorSet = system.operatorSet.connect(governance)
      await expect(operatorSet.setOperators(accounts, 1, 9))
        .to.be.revertedWithCustomError(operatorSet, 'OperatorSet_WrongSize')
        .withArgs(33, 3, 32)
      const { gasUsed } = (await (await operatorSet.setOperators(accounts.slice(1), 1, 9)).wait())!
      expect(gasUsed).to.be.lessThan(16_777_216n)
    })

    it('bounds every list that a function walks: weights, parents, members, batches', async () => {
      const { system, governance, datanetOwner, outsider } = await loadFixture(protocolScene)
      const list = (length: number) => Array.from({ length }, (_, i) => i + 1)
      await expect(system.emissionController.connect(governance).setWeights(list(257), list(257)))
        .to.be.revertedWithCustomError(system.emissionController, 'EmissionController_TooManyDatanets')
        .withArgs(257, 256)
      await expect(system.datanetRegistry.connect(datanetOwner).setParents(DATANET, list(9), list(9)))
        .to.be.revertedWithCustomError(system.datanetRegistry, 'DatanetRegistry_ParentCount')
        .withArgs(9, 9, 8)
      const members = list(33).map(() => ethers.Wallet.createRandom().address)
      await expect(system.committeeArbitrator.connect(governance).setCommittee(members, 17))
        .to.be.revertedWithCustomError(system.committeeArbitrator, 'CommitteeArbitrator_WrongSize')
        .withArgs(33, 32)
      const batch = 2 ** 24 + 1
      await expect(system.datanetRegistry.connect(outsider).commitBatch(DATANET, id('root'), batch, ZeroHash))
        .to.be.revertedWithCustomError(system.datanetRegistry, 'DatanetRegistry_ItemCount')
        .withArgs(batch, batch - 1)
    })
  })

  describe('row 32: opcodes that chains take away', () => {
    it('neither destroys itself nor runs the code of others', async () => {
      const { system } = await loadFixture(protocolScene)
      for (const name of CONTRACT_NAMES) {
        // OpenZeppelin's AccessManager delegates to itself, in `multicall`.
        if (name === 'access') continue
        const used = opcodesOf(await ethers.provider.getCode(system[name]))
        for (const opcode of [0xff, 0xf2, 0xf4]) expect(used.has(opcode), name).to.equal(false)
      }
    })
  })

  describe('row 33: the governor recovers any token', () => {
    it('gives governance nothing of vault and escrow', async () => {
      const { system, governance } = await loadFixture(paidScene)
      const { token, rewardVault, rewardEscrow } = system
      for (const holder of [rewardVault, rewardEscrow]) {
        await token.transfer(holder, 5n)
        await expect(token.connect(governance).transferFrom(holder, governance, 5n))
          .to.be.revertedWithCustomError(token, 'ERC20InsufficientAllowance')
          .withArgs(governance.address, 0n, 5n)
      }
    })

    it('has no function to recover, rescue, sweep or mint', async () => {
      const { system } = await loadFixture(paidScene)
      for (const name of ['token', 'rewardVault', 'rewardEscrow', 'attributionOracle'] as const) {
        const suspects = writesOf(system[name]).filter(write => /recover|rescue|sweep|skim|mint/i.test(write))
        expect(suspects, name).to.be.empty
      }
    })
  })

  describe('row 34: a leaf that does not bind what it names', () => {
    it('refuses the proof of another vault', async () => {
      const scene = await loadFixture(paidScene)
      const { vault } = await secondVault(scene, scene.first.ledger.tree.root)
      await expect(vault.claim(...claimOf(scene.first, 0))).to.be.revertedWithCustomError(
        vault,
        'RewardVault_InvalidProof',
      )
    })

    it('refuses the leaf of another chain', async () => {
      const scene = await loadFixture(paidScene)
      const { vault, system, first } = scene
      const elsewhere = ethers.keccak256(
        ethers.AbiCoder.defaultAbiCoder().encode(
          ['bytes32', 'uint256', 'address', 'uint32'],
          [id('OpenDatanets.Ledger.v1'), 1n, vault, 1],
        ),
      )
      const tree = new PositionalTree(first.ledger.entries.map(entry => ledgerLeaf(elsewhere, entry)))
      expect(tree.root).to.not.equal(first.ledger.tree.root)
      expect(await system.rewardVault.DOMAIN()).to.not.equal(elsewhere)
    })
  })
})

async function everybodyBut(scene: Scene, exempt: (typeof CONTRACT_NAMES)[number]) {
  const { system, deployer, guardian, epochManager, operator, member, outsider, contributors } = scene
  const names = CONTRACT_NAMES.filter(name => name !== exempt)
  const contracts = await Promise.all(names.map(name => acting(system[name])))
  return [deployer, guardian, epochManager, operator, member, outsider, contributors[0]!, ...contracts]
}

function functionsOf(contract: Scene['system'][(typeof CONTRACT_NAMES)[number]]) {
  return contract.interface.fragments.filter(
    (fragment): fragment is typeof fragment & { name: string; payable: boolean; constant: boolean } =>
      fragment.type === 'function',
  )
}

function writesOf(contract: Parameters<typeof functionsOf>[0]): string[] {
  return functionsOf(contract)
    .filter(({ constant }) => !constant)
    .map(({ name }) => name)
}

/** Leaves for 1,100 under a total of 100. */
function overSummed(scene: Scene) {
  const rows = honestRows(scene)
  const cumulatives = rows.ledger.map(({ cumulative }, i) => cumulative + (i === 4 ? 1_000n : 0n))
  return planted(scene, { ...rows, ledger: ledgerWith(rows, cumulatives) }, 1, { total: 100n })
}

function ledgerWith({ ledger }: ReturnType<typeof honestRows>, cumulatives: readonly bigint[]) {
  return ledger.map(({ account }, i) => ({
    account,
    cumulative: cumulatives[i]!,
    prefix: cumulatives.slice(0, i).reduce((a, b) => a + b, 0n),
  }))
}

/** The journal and the ledger of an epoch that pays otherwise than its weights say. */
function withPays(rows: ReturnType<typeof honestRows>, pays: readonly bigint[]) {
  const journal = rows.journal.map((entry, i) => ({
    ...entry,
    amount: pays[i]!,
    prefix: pays.slice(0, i).reduce((a, b) => a + b, 0n),
  }))
  return { ...rows, journal, ledger: ledgerWith(rows, pays) }
}

/** Claims that a contributor's entry is not its share. */
function entryChallenge(scene: Scene, epoch: ReturnType<typeof planted>, index: number) {
  const around = [index - 1, index, index + 1].filter(i => i >= 0 && i < 5)
  return scene.system.settlementProofs.connect(scene.challenger).challengeEntry(
    epoch.post,
    SIGNERS,
    shown(epoch.manifest, 0),
    index,
    around.map(i => shown(epoch.settlement, i)),
    [shown(epoch.journal, index)],
  )
}

async function expectRejected(scene: Scene, challenge: Promise<unknown>) {
  const { attributionOracle, operatorSet } = scene.system
  await expect(challenge).to.emit(attributionOracle, 'RootRejected')
  expect((await attributionOracle.pending()).deadline).to.equal(0n)
  for (const signer of scene.operators.slice(0, 2)) {
    expect(await operatorSet.slashedBy(signer)).to.equal(scene.challenger.address)
  }
}

/** Nothing is pending, and no time makes the post final. */
async function expectDropped(scene: Scene, post: Parameters<typeof submit>[1]) {
  const { attributionOracle } = scene.system
  expect((await attributionOracle.pending()).deadline).to.equal(0n)
  await pastWindow(scene)
  await expect(attributionOracle.finalize(post, SIGNERS)).to.be.revertedWithCustomError(
    attributionOracle,
    'AttributionOracle_NotPending',
  )
}

/** An oracle that can follow: it has a prover. */
async function secondOracle({ system, governance, challenger }: Scene) {
  const { operatorSet, rewardEscrow, rewardVault, datanetRegistry, access, attributionOracle } = system
  const oracle = await ethers.deployContract('AttributionOracle', [
    operatorSet,
    rewardEscrow,
    rewardVault,
    datanetRegistry,
    access,
    86_400,
    attributionOracle,
  ])
  await oracle.connect(governance).setProver(challenger, true)
  return oracle
}

/** Another vault that may pay and can, with the same ledger in its own domain, or with `root`. */
async function secondVault(scene: Scene, root?: string) {
  const { token } = scene.system
  const vault = await ethers.deployContract('RewardVault', [token, scene.deployer, 1])
  const own = { ...scene, ledgerDomain: await vault.DOMAIN() }
  const epoch = planted(own, honestRows(scene))
  await token.connect(scene.governance).setDistributor(vault, true)
  await token.transfer(vault, 1_000n)
  await vault.setRoot(root ?? epoch.ledger.tree.root, 1)
  return { vault, epoch }
}

/** A dispute about an account, ruled and open to appeal no more. */
async function ruledDispute(
  { system, challenger, member }: Scene,
  accused: string,
  ruling: number,
  number = 1,
) {
  const { disputeCourt, committeeArbitrator, token } = system
  await token.connect(challenger).approve(disputeCourt, STAKE)
  await disputeCourt.connect(challenger).open(DATANET, accused, id('evidence'))
  const { answerPeriod, appealPeriod } = await disputeCourt.parameters()
  await time.increase(answerPeriod)
  await disputeCourt.escalate(number)
  await committeeArbitrator.connect(member).vote(number, ruling)
  await time.increase(appealPeriod)
}

function hashCall({ system }: Scene, postCall: string): string {
  const { selector } = system.attributionOracle.interface.getFunction('hashPost')
  return concat([selector, dataSlice(postCall, 4, 4 + 14 * 32)])
}

/** The attestation of a struct hash that no honest encoder gives. */
async function signedDigest({ system }: Scene, structHash: string): Promise<string> {
  const { attributionOracle, operatorSet } = system
  const types =
    'Post(uint32 epoch,uint32 specVersion,bytes32 configDigest,uint64 blockNumber,bytes32 blockHash,' +
    'bytes32 inputsDigest,bytes24 ledgerRoot,bytes24 journalRoot,bytes24 manifestRoot,uint32 ledgerCount,' +
    'uint32 journalCount,uint32 manifestCount,uint128 total,bytes32 dataDigest)'
  const attestation = ethers.keccak256(
    ethers.AbiCoder.defaultAbiCoder().encode(
      ['bytes32', 'bytes32', 'bytes32', 'uint32'],
      [
        id(`Attestation(Post post,bytes32 operatorSet,uint32 attempt)${types}`),
        structHash,
        await operatorSet.setDigest(1),
        await attributionOracle.attempt(),
      ],
    ),
  )
  const domain = ethers.TypedDataEncoder.hashDomain({
    name: 'OpenDatanets AttributionOracle',
    version: '1',
    chainId: 31337n,
    verifyingContract: await attributionOracle.getAddress(),
  })
  const digest = ethers.keccak256(concat(['0x1901', domain, attestation]))
  return coSignedDigest(digest)
}

function coSignedDigest(digest: string): string {
  const { signingKey } = ethers.HDNodeWallet.fromPhrase(
    'test test test test test test test test test test test junk',
    undefined,
    "m/44'/60'/0'/0/4",
  )
  return signingKey.sign(digest).compactSerialized
}

async function depthOf(hash: string): Promise<number> {
  const options = { disableStorage: true, disableMemory: true, disableStack: true }
  const trace = (await ethers.provider.send('debug_traceTransaction', [hash, options])) as {
    structLogs: { depth: number }[]
  }
  return Math.max(...trace.structLogs.map(({ depth }) => depth))
}

/** The opcodes of runtime code, without what is pushed. */
function opcodesOf(code: string): Set<number> {
  const bytes = getBytes(code)
  const used = new Set<number>()
  for (let at = 0; at < bytes.length; at++) {
    const opcode = bytes[at]!
    used.add(opcode)
    if (opcode >= 0x60 && opcode <= 0x7f) at += opcode - 0x5f
  }
  return used
}
