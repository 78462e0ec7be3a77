import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { concat, dataSlice, randomBytes } from 'ethers'
import hre, { ethers } from 'hardhat'

import { EMPTY, PositionalTree, hash24 } from '../libraries/positionalTree'
import { type LedgerEntry, ledgerLeaf, treeDomain } from '../libraries/treeLeaves'

const AMOUNTS = [100n, 0n, 250n, 7n, 43n]

async function fixture() {
  const signers = await ethers.getSigners()
  const [owner, oracle, relayer, ...accounts] = signers
  const token = await ethers.deployContract('OpenToken', [owner!, owner!])
  const vault = await ethers.deployContract('RewardVault', [token, owner!, 1])
  await token.setDistributor(vault, true)
  await token.transfer(vault, 1_000_000n)
  await vault.setOracle(oracle!)
  const domain = await vault.DOMAIN()
  const first = ledger(
    domain,
    accounts.map(a => a.address),
    AMOUNTS,
  )
  await vault.connect(oracle!).setRoot(first.tree.root, 1)
  return { token, vault, domain, owner: owner!, oracle: oracle!, relayer: relayer!, accounts, ...first }
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

describe('RewardVault', () => {
  describe('DOMAIN', () => {
    it('binds the tree, the chain, the vault and the version', async () => {
      const { vault, domain } = await loadFixture(fixture)
      const inputs = { chainId: 31337n, vault: await vault.getAddress(), specVersion: 1 }
      expect(domain).to.equal(treeDomain('Ledger', inputs))
    })
  })

  describe('setOracle', () => {
    describe('given it is set', () => {
      it('reverts with the oracle', async () => {
        const { vault, owner, oracle } = await loadFixture(fixture)
        await expect(vault.setOracle(owner))
          .to.be.revertedWithCustomError(vault, 'RewardVault_OracleAlreadySet')
          .withArgs(oracle)
      })
    })

    describe('given another caller than the owner', () => {
      it('reverts with the caller', async () => {
        const { vault, relayer } = await loadFixture(fixture)
        await expect(vault.connect(relayer).setOracle(relayer))
          .to.be.revertedWithCustomError(vault, 'OwnableUnauthorizedAccount')
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
      it('reverts with account and paid', async () => {
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
        await token.payCumulative(entries[0]!.account, 60n)
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
      it('costs at most 72k for a new holder and 55k for an existing one', async function () {
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
        expect(await gasOf(fresh, amount, 2)).to.be.at.most(72_000)
        expect(await gasOf(existing, amount, 3)).to.be.at.most(55_000)
        expect(await gasOf(fresh, 2n * amount, 4)).to.be.at.most(55_000)
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
