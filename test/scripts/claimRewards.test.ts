import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { loadFixture } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

import { claimRewards } from '../../scripts/claimRewards'
import type { ClaimEntry, ClaimsFile } from '../../scripts/claimsFile'
import { caught } from './caught'
import {
  claimsJson,
  deployWithOperators,
  epochOf,
  finalize,
  openEpoch,
  readyForEpochs,
} from './publishedEpoch'
import { temporaryFolder } from './temporaryFolder'

describe('claimRewards', () => {
  const folder = temporaryFolder()

  async function fixture() {
    const [deployer, operator, alice, bob, carol, stranger] = await ethers.getSigners()
    const system = await deployWithOperators(deployer!, [operator!])
    await readyForEpochs(system, [operator!], [alice!, bob!, carol!])
    const { attributionOracle, rewardVault, token } = system
    async function makeFinal(epoch: number, earned: bigint[], before: bigint[] = []) {
      await openEpoch(system, epoch)
      const { post, claims } = await epochOf(system, epoch, earned, before)
      await attributionOracle.connect(operator!).post(post, 1, '0x')
      await finalize(system, post)
      return claims
    }
    return {
      vault: rewardVault,
      token,
      makeFinal,
      system,
      alice: alice!,
      bob: bob!,
      carol: carol!,
      stranger: stranger!,
    }
  }

  async function finalFixture() {
    const setting = await fixture()
    return { ...setting, claims: await setting.makeFinal(1, [100n, 20n, 0n]) }
  }

  function withEntry(claims: ClaimsFile, account: string, change: Partial<ClaimEntry>): ClaimsFile {
    const entry = claims.accounts[account]
    expect(entry).to.not.equal(undefined)
    return { ...claims, accounts: { ...claims.accounts, [account]: { ...entry!, ...change } } }
  }

  it('pays the holder from the published file', async () => {
    const { vault, token, claims, alice } = await loadFixture(finalFixture)
    const path = join(folder(), 'claims.json')
    await writeFile(path, claimsJson(claims))
    const claimed = await claimRewards(vault.connect(alice), token, { claims: path })
    expect(claimed).to.deep.include({ account: alice.address, epoch: 1, amount: 100n, cumulative: 100n })
    expect(await token.balanceOf(alice)).to.equal(100n)
    expect(Number(claimed.gasUsed)).to.be.within(40_000, 120_000)
  })

  it('pays the account, whoever sends', async () => {
    const { vault, token, claims, alice, stranger } = await loadFixture(finalFixture)
    const account = alice.address.toLowerCase()
    await claimRewards(vault.connect(stranger), token, { claims, account })
    expect(await token.balanceOf(alice)).to.equal(100n)
    expect(await token.balanceOf(stranger)).to.equal(0n)
  })

  it('pays the difference in a later epoch', async () => {
    const { vault, token, claims, makeFinal, alice } = await loadFixture(finalFixture)
    await claimRewards(vault.connect(alice), token, { claims })
    const next = await makeFinal(2, [11n, 0n, 5n], [100n, 20n, 0n])
    const { amount, cumulative } = await claimRewards(vault.connect(alice), token, { claims: next })
    expect([amount, cumulative]).to.deep.equal([11n, 111n])
  })

  describe('refuses before sending', () => {
    it('a second claim of the same', async () => {
      const { vault, token, claims, alice } = await loadFixture(finalFixture)
      await claimRewards(vault.connect(alice), token, { claims })
      const nonce = await alice.getNonce()
      const { data } = await caught('NOTHING_TO_CLAIM', claimRewards(vault.connect(alice), token, { claims }))
      expect(data).to.deep.equal({
        account: alice.address,
        got: '100 earned and 100 paid up to epoch 1',
        expected: 'more earned than paid',
      })
      expect(await alice.getNonce()).to.equal(nonce)
    })

    it('an account that earned nothing', async () => {
      const { vault, token, claims, carol } = await loadFixture(finalFixture)
      await caught('NOTHING_TO_CLAIM', claimRewards(vault.connect(carol), token, { claims }))
    })

    it('an account that the file does not have', async () => {
      const { vault, token, claims, stranger } = await loadFixture(finalFixture)
      const work = claimRewards(vault.connect(stranger), token, { claims })
      const { data } = await caught('ACCOUNT_NOT_IN_CLAIMS', work)
      expect(data).to.deep.equal({ path: 'given', got: stranger.address, accounts: 3 })
    })

    it('the proof of another account, naming both roots', async () => {
      const { vault, token, claims, alice, bob } = await loadFixture(finalFixture)
      const stolen = withEntry(claims, bob.address, claims.accounts[alice.address]!)
      const nonce = await bob.getNonce()
      const work = claimRewards(vault.connect(bob), token, { claims: stolen })
      const { data } = await caught('PROOF_INVALID', work)
      expect(data.account).to.equal(bob.address)
      expect(data.expected).to.equal(`a proof of the root ${claims.ledgerRoot}`)
      expect(data.got).to.match(/^a proof of the root 0x[0-9a-f]{48}$/)
      expect(data.got).to.not.equal(data.expected)
      expect(await bob.getNonce()).to.equal(nonce)
    })

    it('an amount that was raised', async () => {
      const { vault, token, claims, alice } = await loadFixture(finalFixture)
      const raised = withEntry(claims, alice.address, { cumulative: 101n })
      await caught('PROOF_INVALID', claimRewards(vault.connect(alice), token, { claims: raised }))
    })

    it('a proof that is too short for its position, with the reason of the contract', async () => {
      const { vault, token, claims, bob } = await loadFixture(finalFixture)
      const cut = withEntry(claims, bob.address, { proof: '0x' })
      const work = claimRewards(vault.connect(bob), token, { claims: cut })
      const { data } = await caught('TRANSACTION_REVERTED', work)
      expect(data.got).to.equal('CumulativeMerkle_PositionOutside(1, 0)')
    })

    it('the file of an epoch that is no longer the last, naming both roots', async () => {
      const { vault, token, claims, makeFinal, alice } = await loadFixture(finalFixture)
      const next = await makeFinal(2, [11n, 0n, 5n], [100n, 20n, 0n])
      const { data } = await caught('ROOT_STALE', claimRewards(vault.connect(alice), token, { claims }))
      expect(data.got).to.equal(`root ${claims.ledgerRoot} of epoch 1`)
      expect(data.expected).to.equal(`root ${next.ledgerRoot} of epoch 2`)
    })

    it('any file before the first epoch is final', async () => {
      const { vault, token, system, alice } = await loadFixture(fixture)
      const { claims } = await epochOf(system, 1, [100n, 20n, 0n])
      const { data } = await caught('CLAIMS_PAUSED', claimRewards(vault.connect(alice), token, { claims }))
      expect(data).to.deep.equal({ vault: claims.vault, epoch: 0 })
    })

    it('the file of another vault or chain', async () => {
      const { vault, token, claims, alice } = await loadFixture(finalFixture)
      for (const change of [{ vault: alice.address }, { chainId: 1 }]) {
        const work = claimRewards(vault.connect(alice), token, { claims: { ...claims, ...change } })
        const { data } = await caught('CLAIMS_OF_OTHER_VAULT', work)
        expect(data.expected).to.equal(`vault ${claims.vault} on chain 31337`)
      }
    })

    it('an account that is no address', async () => {
      const { vault, token, claims, alice } = await loadFixture(finalFixture)
      const work = claimRewards(vault.connect(alice), token, { claims, account: 'alice' })
      expect((await caught('ARGUMENT_INVALID', work)).data.got).to.equal('"alice"')
    })
  })

  describe('given a file that is no claims file', () => {
    async function readFrom(text: string) {
      const { vault, token, alice } = await loadFixture(finalFixture)
      const path = join(folder(), 'claims.json')
      await writeFile(path, text)
      return caught('CLAIMS_INVALID', claimRewards(vault.connect(alice), token, { claims: path }))
    }

    it('names what is not JSON', async () => {
      expect((await readFrom('{')).data.faults).to.have.length(1)
    })

    it('names all faults together', async () => {
      const { claims, alice } = await loadFixture(finalFixture)
      const broken = JSON.parse(claimsJson(claims))
      broken.version = 2
      broken.accounts[alice.address].cumulative = 100
      broken.accounts[alice.address].proof = '0x1234'
      const { faults } = (await readFrom(JSON.stringify(broken))).data
      expect(faults.map(({ name }) => name)).to.deep.equal([
        'version',
        `accounts.${alice.address}.cumulative`,
        `accounts.${alice.address}.proof`,
      ])
      expect(faults[0]).to.deep.equal({ name: 'version', got: '2', expected: '1' })
    })

    it('names the path that cannot be read', async () => {
      const { vault, token, alice } = await loadFixture(finalFixture)
      const claims = join(folder(), 'nowhere.json')
      const { data } = await caught('FILE_UNREADABLE', claimRewards(vault.connect(alice), token, { claims }))
      expect(data.path).to.equal(claims)
    })
  })
})
