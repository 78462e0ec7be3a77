import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import {
  ZeroAddress,
  concat,
  dataSlice,
  dataLength,
  id,
  randomBytes,
  solidityPacked,
  zeroPadValue,
} from 'ethers'
import hre, { ethers } from 'hardhat'

import { EMPTY, PositionalTree, hash24 } from '../libraries/positionalTree'
import { type LedgerEntry, ledgerLeaf, treeDomain } from '../libraries/treeLeaves'

const AMOUNTS = [100n, 0n, 250n, 7n, 43n]

async function fixture() {
  const signers = await ethers.getSigners()
  const [owner, oracle, relayer, ...accounts] = signers
  const access = await ethers.deployContract('OpenAccess', [owner!])
  const token = await ethers.deployContract('OpenToken', [owner!, access])
  const payouts = await ethers.deployContract('ContributorRegistry', [token, 86_400])
  const vault = await ethers.deployContract('RewardVault', [token, oracle!, 1])
  await token.setPayoutRegistry(payouts)
  await token.setDistributor(vault, true)
  await token.transfer(vault, 1_000_000n)
  const domain = await vault.DOMAIN()
  const first = ledger(
    domain,
    accounts.map(a => a.address),
    AMOUNTS,
  )
  await vault.connect(oracle!).setRoot(first.tree.root, 1)
  return {
    token,
    payouts,
    vault,
    domain,
    owner: owner!,
    oracle: oracle!,
    relayer: relayer!,
    accounts,
    ...first,
  }
}

function ledger(domain: string, accounts: string[], amounts: bigint[]) {
  const entries: LedgerEntry[] = amounts.map((cumulative, i) => ({
    account: accounts[i]!,
    cumulative,
    prefix: amounts.slice(0, i).reduce((a, b) => a + b, 0n),
  }))
  return { entries, tree: new PositionalTree(entries.map(entry => ledgerLeaf(domain, entry))) }
}

type Fixture = Awaited<ReturnType<typeof fixture>>

function claimOf({ entries, tree }: Pick<Fixture, 'entries' | 'tree'>, index: number) {
  const { account, cumulative, prefix } = entries[index]!
  return [index, account, cumulative, prefix, tree.proof(index)] as const
}

function packed(...[index, account, cumulative, prefix, proof]: ReturnType<typeof claimOf>) {
  return solidityPacked(
    ['uint32', 'address', 'uint128', 'uint128', 'bytes'],
    [index, account, cumulative, prefix, proof],
  )
}

/** The arguments that pay the accounts in the subtree of `1 << height` positions which holds `index`. */
function batchOf({ entries, tree }: Pick<Fixture, 'entries' | 'tree'>, index: number, height: number) {
  const first = (index >> height) << height
  const run = entries.slice(first, first + 2 ** height)
  return [
    first,
    run[0]!.prefix,
    packedEntries(run),
    dataSlice(tree.proof(first), 24 * Math.ceil(Math.log2(run.length))),
  ] as const
}

function packedEntries(entries: readonly LedgerEntry[]) {
  return concat(
    entries.map(({ account, cumulative }) => solidityPacked(['address', 'uint128'], [account, cumulative])),
  )
}

describe('RewardVault', () => {
  describe('DOMAIN', () => {
    it('binds the tree, the chain, the vault and the version', async () => {
      const { vault, domain } = await loadFixture(fixture)
      const inputs = { chainId: 31337n, vault: await vault.getAddress(), specVersion: 1 }
      expect(domain).to.equal(treeDomain('Ledger', inputs))
    })
  })

  describe('setOracle', () => {
    it('hands the place over: the old oracle can do nothing any more', async () => {
      const { vault, oracle, relayer } = await loadFixture(fixture)
      await expect(vault.connect(oracle).setOracle(relayer)).to.emit(vault, 'OracleSet').withArgs(relayer)
      expect(await vault.oracle()).to.equal(relayer.address)
      await vault.connect(relayer).setRoot(hash24('0x'), 2)
      await expect(vault.connect(oracle).setOracle(oracle))
        .to.be.revertedWithCustomError(vault, 'RewardVault_NotOracle')
        .withArgs(oracle)
    })

    describe('given the zero address', () => {
      it('reverts, at the construction too', async () => {
        const { vault, token, oracle } = await loadFixture(fixture)
        for (const call of [
          () => vault.connect(oracle).setOracle(ZeroAddress),
          () => ethers.deployContract('RewardVault', [token, ZeroAddress, 1]),
        ]) {
          await expect(call()).to.be.revertedWithCustomError(vault, 'RewardVault_ZeroOracle')
        }
      })
    })

    describe('given another caller than the oracle', () => {
      it('reverts with the caller', async () => {
        const { vault, relayer } = await loadFixture(fixture)
        await expect(vault.connect(relayer).setOracle(relayer))
          .to.be.revertedWithCustomError(vault, 'RewardVault_NotOracle')
          .withArgs(relayer)
      })
    })
  })

  describe('setRoot', () => {
    it('replaces root and epoch', async () => {
      const { vault, oracle, tree } = await loadFixture(fixture)
      expect(await vault.root()).to.deep.equal([tree.root, 1n, 0n])
      await vault.connect(oracle).setRoot(hash24('0x'), 2)
      expect(await vault.root()).to.deep.equal([hash24('0x'), 2n, 0n])
    })

    describe('given another caller than the oracle', () => {
      it('reverts with the caller, be it the owner', async () => {
        const { vault, owner } = await loadFixture(fixture)
        await expect(vault.connect(owner).setRoot(hash24('0x'), 2))
          .to.be.revertedWithCustomError(vault, 'RewardVault_NotOracle')
          .withArgs(owner)
      })
    })
  })

  describe('claim', () => {
    it('pays the account of the leaf, whoever sends it', async () => {
      const given = await loadFixture(fixture)
      const { vault, token, relayer, entries } = given
      for (const index of [0, 2, 3, 4]) {
        const { account, cumulative } = entries[index]!
        await expect(vault.connect(relayer).claim(...claimOf(given, index)))
          .to.emit(vault, 'Claimed')
          .withArgs(index, account, cumulative, cumulative)
        expect(await token.balanceOf(account)).to.equal(cumulative)
      }
      expect(await token.balanceOf(vault)).to.equal(1_000_000n - 400n)
    })

    it('pays the increase under a later root', async () => {
      const given = await loadFixture(fixture)
      const { vault, oracle, entries, domain } = given
      await vault.claim(...claimOf(given, 0))
      const later = ledger(
        domain,
        entries.map(e => e.account),
        [130n, 10n, 250n, 7n, 43n],
      )
      await vault.connect(oracle).setRoot(later.tree.root, 2)
      await expect(vault.claim(...claimOf(later, 0)))
        .to.emit(vault, 'Claimed')
        .withArgs(0, entries[0]!.account, 30n, 130n)
      await expect(vault.claim(...claimOf(later, 1)))
        .to.emit(vault, 'Claimed')
        .withArgs(1, entries[1]!.account, 10n, 10n)
    })

    it('pays from a tree of one leaf with an empty proof', async () => {
      const { vault, oracle, accounts, domain } = await loadFixture(fixture)
      const single = ledger(domain, [accounts[9]!.address], [5n])
      await vault.connect(oracle).setRoot(single.tree.root, 2)
      await expect(vault.claim(...claimOf(single, 0)))
        .to.emit(vault, 'Claimed')
        .withArgs(0, accounts[9]!, 5n, 5n)
    })

    describe('given there is nothing left to pay', () => {
      it('reverts with account and cumulative', async () => {
        const given = await loadFixture(fixture)
        const { vault, entries } = given
        await vault.claim(...claimOf(given, 0))
        await expect(vault.claim(...claimOf(given, 0)))
          .to.be.revertedWithCustomError(vault, 'RewardVault_NothingToClaim')
          .withArgs(entries[0]!.account, 100n)
        await expect(vault.claim(...claimOf(given, 1)))
          .to.be.revertedWithCustomError(vault, 'RewardVault_NothingToClaim')
          .withArgs(entries[1]!.account, 0n)
      })
    })

    describe('given another vault that was paid from before', () => {
      it('pays only what the token has not counted', async () => {
        const given = await loadFixture(fixture)
        const { vault, token, owner, entries } = given
        await token.setDistributor(owner, true)
        await token.payCumulative(entries[0]!.account, 60n, owner)
        await expect(vault.claim(...claimOf(given, 0)))
          .to.emit(vault, 'Claimed')
          .withArgs(0, entries[0]!.account, 40n, 100n)
      })
    })

    describe('given no root', () => {
      it('reverts, even with a proof of emptiness', async () => {
        const { vault, oracle, entries } = await loadFixture(fixture)
        await vault.connect(oracle).setRoot(EMPTY, 2)
        const { account, cumulative, prefix } = entries[0]!
        await expect(
          vault.claim(0, account, cumulative, prefix, concat([EMPTY, EMPTY, EMPTY])),
        ).to.be.revertedWithCustomError(vault, 'RewardVault_Paused')
      })
    })

    describe('given something else than what the leaf says', () => {
      it('reverts with both roots', async () => {
        const given = await loadFixture(fixture)
        const { vault, relayer, tree, domain } = given
        const [index, account, cumulative, prefix, proof] = claimOf(given, 2)
        const lies: LedgerEntry[] = [
          { account: relayer.address, cumulative, prefix },
          { account, cumulative: cumulative + 1n, prefix },
          { account, cumulative, prefix: prefix + 1n },
        ]
        for (const lie of lies) {
          await expect(vault.claim(index, lie.account, lie.cumulative, lie.prefix, proof))
            .to.be.revertedWithCustomError(vault, 'RewardVault_InvalidProof')
            .withArgs(rootOf(ledgerLeaf(domain, lie), index, proof), tree.root)
        }
      })
    })

    describe("given another account's proof or index", () => {
      it('reverts with both roots', async () => {
        const given = await loadFixture(fixture)
        const { vault, tree } = given
        const [index, account, cumulative, prefix, proof] = claimOf(given, 2)
        const leaf = tree.leaves[index]!
        await expect(vault.claim(index, account, cumulative, prefix, tree.proof(3)))
          .to.be.revertedWithCustomError(vault, 'RewardVault_InvalidProof')
          .withArgs(rootOf(leaf, index, tree.proof(3)), tree.root)
        await expect(vault.claim(3, account, cumulative, prefix, proof))
          .to.be.revertedWithCustomError(vault, 'RewardVault_InvalidProof')
          .withArgs(rootOf(leaf, 3, proof), tree.root)
      })
    })

    describe('given a proof of the wrong length', () => {
      it('reverts for a missing or an extra node', async () => {
        const given = await loadFixture(fixture)
        const { vault, tree } = given
        const [index, account, cumulative, prefix, proof] = claimOf(given, 2)
        for (const wrong of [dataSlice(proof, 0, 48), concat([proof, EMPTY]), concat([EMPTY, proof])]) {
          await expect(vault.claim(index, account, cumulative, prefix, wrong))
            .to.be.revertedWithCustomError(vault, 'RewardVault_InvalidProof')
            .withArgs(rootOf(tree.leaves[index]!, index, wrong), tree.root)
        }
      })

      it('reverts with the length if it is not whole nodes', async () => {
        const given = await loadFixture(fixture)
        const { vault } = given
        const [index, account, cumulative, prefix, proof] = claimOf(given, 2)
        await expect(vault.claim(index, account, cumulative, prefix, dataSlice(proof, 0, 71)))
          .to.be.revertedWithCustomError(vault, 'CumulativeMerkle_ProofLength')
          .withArgs(71)
      })
    })

    describe('given bits of the index above the depth', () => {
      it('reverts with index and depth', async () => {
        const given = await loadFixture(fixture)
        const { vault } = given
        const [index, account, cumulative, prefix, proof] = claimOf(given, 2)
        for (const high of [8, 2 ** 31]) {
          await expect(vault.claim(index + high, account, cumulative, prefix, proof))
            .to.be.revertedWithCustomError(vault, 'CumulativeMerkle_PositionOutside')
            .withArgs(index + high, 3)
        }
      })
    })

    describe('given another domain', () => {
      it('reverts for a leaf of another vault', async () => {
        const { vault, oracle, token, owner, entries } = await loadFixture(fixture)
        const other = await ethers.deployContract('RewardVault', [token, owner, 1])
        const foreign = ledger(
          await other.DOMAIN(),
          entries.map(e => e.account),
          AMOUNTS,
        )
        await vault.connect(oracle).setRoot(foreign.tree.root, 2)
        await expect(vault.claim(...claimOf(foreign, 0))).to.be.revertedWithCustomError(
          vault,
          'RewardVault_InvalidProof',
        )
      })
    })

    describe('given a vault that is no distributor', () => {
      it('reverts with the vault', async () => {
        const given = await loadFixture(fixture)
        const { vault, token } = given
        await token.setDistributor(vault, false)
        await expect(vault.claim(...claimOf(given, 0)))
          .to.be.revertedWithCustomError(token, 'OpenToken_NotDistributor')
          .withArgs(vault)
      })
    })

    describe('given a million accounts', () => {
      it('costs at most 71k for a new holder and 54k for an existing one', async function () {
        if ('__SOLIDITY_COVERAGE_RUNNING' in hre) this.skip()
        const { vault, token, oracle, owner, accounts, domain } = await loadFixture(fixture)
        const siblings = concat(Array.from({ length: 20 }, () => randomBytes(24)))
        const index = 777_777
        const gasOf = async (account: string, cumulative: bigint, epoch: number) => {
          const entry = { account, cumulative, prefix: 10n ** 24n + 12345n }
          const root = rootOf(ledgerLeaf(domain, entry), index, siblings)
          await vault.connect(oracle).setRoot(root, epoch)
          const sent = await vault.claim(index, account, cumulative, entry.prefix, siblings)
          return Number((await sent.wait())!.gasUsed)
        }
        const [fresh, existing] = [accounts[12]!.address, accounts[13]!.address]
        await token.connect(owner).transfer(existing, 1n)
        const amount = 123_456n
        expect(await gasOf(fresh, amount, 2)).to.be.at.most(71_000)
        expect(await gasOf(existing, amount, 3)).to.be.at.most(54_000)
        expect(await gasOf(fresh, 2n * amount, 4)).to.be.at.most(54_000)
      })
    })
  })

  describe('claim and the payout rules', () => {
    it('pays the payout that the account chose', async () => {
      const given = await loadFixture(fixture)
      const { vault, token, payouts, accounts, relayer } = given
      await payouts.connect(accounts[0]!).setPayout(accounts[0]!, accounts[11]!)
      await expect(vault.connect(relayer).claim(...claimOf(given, 0)))
        .to.emit(vault, 'Claimed')
        .withArgs(0, accounts[0]!, 100n, 100n)
      expect([await token.balanceOf(accounts[0]!), await token.balanceOf(accounts[11]!)]).to.deep.equal([
        0n,
        100n,
      ])
    })

    it("says the claimer's name to the token: a guarded account is claimed by itself or by its claimer", async () => {
      const given = await loadFixture(fixture)
      const { vault, token, payouts, accounts, relayer } = given
      for (const i of [0, 2]) await payouts.connect(accounts[i]!).setClaimer(accounts[i]!, accounts[12]!)
      await expect(vault.connect(relayer).claim(...claimOf(given, 0)))
        .to.be.revertedWithCustomError(token, 'OpenToken_NotClaimer')
        .withArgs(relayer, accounts[0]!)
      await expect(vault.connect(accounts[0]!).claim(...claimOf(given, 0))).to.emit(vault, 'Claimed')
      await expect(vault.connect(accounts[12]!).claimPacked(packed(...claimOf(given, 2)))).to.emit(
        vault,
        'Claimed',
      )
    })
  })

  describe('claimPacked', () => {
    it('pays as claim does', async () => {
      const given = await loadFixture(fixture)
      const { vault, token, relayer, entries } = given
      for (const index of [0, 2, 3, 4]) {
        const { account, cumulative } = entries[index]!
        await expect(vault.connect(relayer).claimPacked(packed(...claimOf(given, index))))
          .to.emit(vault, 'Claimed')
          .withArgs(index, account, cumulative, cumulative)
        expect(await token.balanceOf(account)).to.equal(cumulative)
      }
    })

    it('pays from a tree of one leaf, where nothing follows the fields', async () => {
      const { vault, oracle, accounts, domain } = await loadFixture(fixture)
      const one = ledger(domain, [accounts[7]!.address], [9n])
      await vault.connect(oracle).setRoot(one.tree.root, 2)
      const claim = packed(...claimOf(one, 0))
      expect(dataLength(claim)).to.equal(56)
      await expect(vault.claimPacked(claim)).to.emit(vault, 'Claimed').withArgs(0, accounts[7]!, 9n, 9n)
    })

    describe('given less than the fields before the proof', () => {
      it('reverts with the length', async () => {
        const given = await loadFixture(fixture)
        for (const length of [0, 55]) {
          await expect(given.vault.claimPacked(dataSlice(packed(...claimOf(given, 2)), 0, length)))
            .to.be.revertedWithCustomError(given.vault, 'RewardVault_WrongLength')
            .withArgs(length)
        }
      })
    })

    describe('given a cut proof, a changed byte or high bits of the index', () => {
      it('reverts', async () => {
        const given = await loadFixture(fixture)
        const { vault, tree } = given
        const [index, account, cumulative, prefix, proof] = claimOf(given, 2)
        const whole = packed(index, account, cumulative, prefix, proof)
        await expect(vault.claimPacked(dataSlice(whole, 0, dataLength(whole) - 1)))
          .to.be.revertedWithCustomError(vault, 'CumulativeMerkle_ProofLength')
          .withArgs(71)
        await expect(vault.claimPacked(packed(index, account, cumulative + 1n, prefix, proof)))
          .to.be.revertedWithCustomError(vault, 'RewardVault_InvalidProof')
          .withArgs(
            rootOf(ledgerLeaf(given.domain, { account, cumulative: cumulative + 1n, prefix }), index, proof),
            tree.root,
          )
        await expect(vault.claimPacked(packed(index + 8, account, cumulative, prefix, proof)))
          .to.be.revertedWithCustomError(vault, 'CumulativeMerkle_PositionOutside')
          .withArgs(index + 8, 3)
      })
    })

    describe('given there is nothing left to pay, or no root', () => {
      it('reverts as claim does', async () => {
        const given = await loadFixture(fixture)
        const { vault, oracle, entries } = given
        await expect(vault.claimPacked(packed(...claimOf(given, 1))))
          .to.be.revertedWithCustomError(vault, 'RewardVault_NothingToClaim')
          .withArgs(entries[1]!.account, 0n)
        await vault.connect(oracle).setRoot(EMPTY, 1)
        await expect(vault.claimPacked(packed(...claimOf(given, 0)))).to.be.revertedWithCustomError(
          vault,
          'RewardVault_Paused',
        )
      })
    })
  })

  describe('claimBatch', () => {
    it('pays every run of every height, the ragged end of the ledger included', async () => {
      const given = await loadFixture(fixture)
      const { vault, token, oracle, domain, relayer } = given
      const accounts = Array.from({ length: 11 }, (_, i) => dataSlice(id(`account ${i}`), 12))
      let epoch = 2n
      for (let height = 0; height <= 4; height++) {
        const amounts = accounts.map((_, i) => epoch * BigInt(100 + i))
        const later = ledger(domain, accounts, amounts)
        await vault.connect(oracle).setRoot(later.tree.root, epoch)
        for (let first = 0; first < accounts.length; first += 2 ** height) {
          const args = batchOf(later, first, height)
          const count = dataLength(args[2]) / 36
          const due = amounts.slice(first, first + count).reduce((a, b) => a + b, 0n)
          const before = await token.balanceOf(vault)
          await expect(vault.connect(relayer).claimBatch(...args)).to.emit(vault, 'BatchClaimed')
          const paidBefore = epoch === 2n ? 0n : (due / epoch) * (epoch - 1n)
          expect(before - (await token.balanceOf(vault))).to.equal(due - paidBefore)
        }
        for (const [i, account] of accounts.entries())
          expect(await token.balanceOf(account)).to.equal(amounts[i])
        epoch += 1n
      }
    })

    it('announces the run and what it paid', async () => {
      const given = await loadFixture(fixture)
      const { vault } = given
      expect(await vault.claimBatch.staticCall(...batchOf(given, 2, 1))).to.equal(257n)
      await expect(vault.claimBatch(...batchOf(given, 2, 1)))
        .to.emit(vault, 'BatchClaimed')
        .withArgs(2, 2, 257n)
        .not.to.emit(vault, 'ClaimSkipped')
    })

    it('passes over whom the token does not pay, says why, and pays the others', async () => {
      const given = await loadFixture(fixture)
      const { vault, token, oracle, payouts, accounts, relayer, domain } = given
      const holders = [...accounts.slice(0, 5).map(a => a.address), ZeroAddress, accounts[5]!.address]
      const later = ledger(domain, holders, [...AMOUNTS, 9n, 5_000_000n])
      await vault.connect(oracle).setRoot(later.tree.root, 2)
      await vault.claim(...claimOf(later, 3))
      await payouts.connect(accounts[0]!).setPayout(accounts[0]!, accounts[11]!)
      await payouts.connect(accounts[2]!).setClaimer(accounts[2]!, accounts[2]!)
      const sent = await vault.connect(relayer).claimBatch(...batchOf(later, 0, 3))
      const reasons = [
        [1, ''],
        [2, token.interface.getError('OpenToken_NotClaimer')!.selector],
        [3, ''],
        [5, token.interface.getError('ERC20InvalidReceiver')!.selector],
        [6, token.interface.getError('ERC20InsufficientBalance')!.selector],
      ] as const
      for (const [index, reason] of reasons) {
        await expect(sent)
          .to.emit(vault, 'ClaimSkipped')
          .withArgs(index, later.entries[index]!.account, reason || '0x00000000')
      }
      await expect(sent).to.emit(vault, 'BatchClaimed').withArgs(0, 7, 143n)
      expect([await token.balanceOf(accounts[11]!), await token.balanceOf(accounts[4]!)]).to.deep.equal([
        100n,
        43n,
      ])
      expect(await token.balanceOf(accounts[2]!)).to.equal(0n)
    })

    it('says so if the token fails without a word', async () => {
      const { payouts, oracle, accounts } = await loadFixture(fixture)
      const vault = await ethers.deployContract('RewardVault', [payouts, oracle, 1])
      const holders = accounts.slice(0, 2).map(({ address }) => address)
      const only = ledger(await vault.DOMAIN(), holders, [1n, 2n])
      await vault.connect(oracle).setRoot(only.tree.root, 1)
      await expect(vault.claimBatch(...batchOf(only, 0, 1)))
        .to.emit(vault, 'ClaimSkipped')
        .withArgs(1, holders[1]!, '0xffffffff')
      await expect(vault.claim(...claimOf(only, 0))).to.be.revertedWithoutReason()
    })

    it('pays a guarded account to itself in a batch that it sends', async () => {
      const given = await loadFixture(fixture)
      const { vault, token, payouts, accounts } = given
      await payouts.connect(accounts[2]!).setClaimer(accounts[2]!, accounts[2]!)
      await vault.connect(accounts[2]!).claimBatch(...batchOf(given, 2, 1))
      expect(await token.balanceOf(accounts[2]!)).to.equal(250n)
    })

    it('pays nothing twice, whatever the way', async () => {
      const given = await loadFixture(fixture)
      const { vault, token } = given
      await vault.claimBatch(...batchOf(given, 0, 3))
      await expect(vault.claimBatch(...batchOf(given, 0, 3)))
        .to.emit(vault, 'BatchClaimed')
        .withArgs(0, 5, 0n)
      await expect(vault.claim(...claimOf(given, 0))).to.be.revertedWithCustomError(
        vault,
        'RewardVault_NothingToClaim',
      )
      expect(await token.balanceOf(vault)).to.equal(1_000_000n - 400n)
    })

    describe('given no entries or a part of one', () => {
      it('reverts with the length', async () => {
        const given = await loadFixture(fixture)
        const [first, prefix, entries, proof] = batchOf(given, 2, 1)
        for (const length of [0, 35, 71]) {
          await expect(given.vault.claimBatch(first, prefix, dataSlice(entries, 0, length), proof))
            .to.be.revertedWithCustomError(given.vault, 'RewardVault_WrongLength')
            .withArgs(length)
        }
      })
    })

    describe('given a start inside a subtree', () => {
      it('reverts with start and count', async () => {
        const given = await loadFixture(fixture)
        const { entries, vault, tree } = given
        for (const [first, count] of [
          [1, 2],
          [2, 3],
          [3, 2],
        ] as const) {
          const run = packedEntries(entries.slice(first, first + count))
          await expect(vault.claimBatch(first, entries[first]!.prefix, run, tree.proof(first)))
            .to.be.revertedWithCustomError(vault, 'RewardVault_Unaligned')
            .withArgs(first, count)
        }
      })
    })

    describe('given a run that leaves out accounts of its subtree', () => {
      it('reverts: behind the entries the ledger must end', async () => {
        const given = await loadFixture(fixture)
        const { entries, vault, tree } = given
        const run = packedEntries(entries.slice(0, 3))
        await expect(
          vault.claimBatch(0, 0n, run, dataSlice(tree.proof(0), 48)),
        ).to.be.revertedWithCustomError(vault, 'RewardVault_InvalidProof')
      })
    })

    describe('given entries behind the end of the ledger', () => {
      it('reverts, be they zero', async () => {
        const given = await loadFixture(fixture)
        const [first, prefix, entries, proof] = batchOf(given, 4, 1)
        const padded = concat([entries, zeroPadValue('0x', 36)])
        await expect(given.vault.claimBatch(first, prefix, padded, proof)).to.be.revertedWithCustomError(
          given.vault,
          'RewardVault_InvalidProof',
        )
      })
    })

    describe('given another prefix, amount, account, order, proof or index', () => {
      it('reverts', async () => {
        const given = await loadFixture(fixture)
        const { vault, entries, relayer } = given
        const [first, prefix, run, proof] = batchOf(given, 2, 1)
        const [one, two] = [entries[2]!, entries[3]!]
        const wrong = [
          [first, prefix + 1n, run, proof],
          [first, (1n << 128n) - 1n, run, proof],
          [first, prefix, packedEntries([one, { ...two, cumulative: 8n }]), proof],
          [first, prefix, packedEntries([{ ...one, account: relayer.address }, two]), proof],
          [first, prefix, packedEntries([two, one]), proof],
          [0, prefix, run, proof],
          [first, prefix, run, dataSlice(proof, 24)],
          [first, prefix, run, concat([proof, EMPTY])],
        ] as const
        for (const args of wrong) {
          await expect(vault.claimBatch(...args)).to.be.reverted
        }
        await expect(vault.claimBatch(first + 8, prefix, run, proof))
          .to.be.revertedWithCustomError(vault, 'CumulativeMerkle_PositionOutside')
          .withArgs(5, 2)
      })
    })

    describe('given no root', () => {
      it('reverts', async () => {
        const given = await loadFixture(fixture)
        await given.vault.connect(given.oracle).setRoot(EMPTY, 1)
        await expect(given.vault.claimBatch(...batchOf(given, 0, 3))).to.be.revertedWithCustomError(
          given.vault,
          'RewardVault_Paused',
        )
      })
    })

    describe('given 256 accounts of a million', () => {
      it('costs at most 27k for a new holder and 10k for an existing one', async function () {
        if ('__SOLIDITY_COVERAGE_RUNNING' in hre) this.skip()
        const given = await loadFixture(fixture)
        const { vault, token, oracle, owner, domain } = given
        await token.connect(owner).transfer(vault, 10n ** 24n)
        const accounts = Array.from({ length: 256 }, (_, i) => dataSlice(id(`account ${i}`), 12))
        const proof = concat(Array.from({ length: 12 }, (_, i) => dataSlice(id(`node ${i}`), 0, 24)))
        const gasPerClaim = async (epoch: bigint) => {
          const amounts = accounts.map((_, i) => epoch * (10n ** 17n + BigInt(i) * 987_654_321n))
          const run = ledger(domain, accounts, amounts)
          await vault.connect(oracle).setRoot(rootOf(run.tree.root, 3, proof), epoch)
          const sent = await vault.claimBatch(768, 0n, packedEntries(run.entries), proof)
          return Number((await sent.wait())!.gasUsed) / accounts.length
        }
        expect(await gasPerClaim(2n)).to.be.at.most(27_000)
        expect(await gasPerClaim(3n)).to.be.at.most(10_000)
      })
    })
  })
})

/** The root that a proof gives, folded here without the contract. */
function rootOf(leaf: string, index: number, proof: string): string {
  let node = leaf
  for (let at = 0; at < (proof.length - 2) / 2; at += 24) {
    const sibling = dataSlice(proof, at, at + 24)
    const pair = index & 1 ? [sibling, node] : [node, sibling]
    node = hash24(concat(pair))
    index >>= 1
  }
  return node
}
