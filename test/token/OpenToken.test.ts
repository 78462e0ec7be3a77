import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import {
  type ContractTransactionResponse,
  Interface,
  MaxUint256,
  ZeroAddress,
  getBytes,
  parseEther,
} from 'ethers'
import { artifacts, ethers } from 'hardhat'

import {
  IERC165__factory,
  IERC20Metadata__factory,
  IERC20Permit__factory,
  IERC20__factory,
  IERC3009Cancel__factory,
  IERC3009__factory,
  IERC6372__factory,
  IVotes__factory,
} from '../../typechain-types'
import { shouldBehaveLikeERC20 } from './behaviours/shouldBehaveLikeERC20'
import { shouldBehaveLikeERC3009 } from './behaviours/shouldBehaveLikeERC3009'
import { shouldBehaveLikePermit } from './behaviours/shouldBehaveLikePermit'
import { shouldBehaveLikeVotes } from './behaviours/shouldBehaveLikeVotes'
import { tokenUnderTest } from './behaviours/tokenUnderTest'
import { itMeasured } from './measured'
import { ruledToken } from './ruledToken'

const SUPPLY = parseEther('1000000000')
const BALANCE_BITS = (1n << 120n) - 1n
const MOST_RUNTIME_BYTES = 10_000
const MOST_TRANSFER_GAS = 34_600n
const DAY = 86_400n

async function plainFixture() {
  const [admin, holder] = await ethers.getSigners()
  const access = await ethers.deployContract('OpenAccess', [admin!])
  return tokenUnderTest(await ethers.deployContract('OpenToken', [holder!, access]))
}

/** A token with a distributor (`vault`, of 1,000 wei) and its payout rules. */
async function fixture() {
  return ruledToken(DAY)
}

async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<bigint> {
  return (await (await sent).wait())!.gasUsed
}

describe('OpenToken', () => {
  shouldBehaveLikeERC20(plainFixture)
  shouldBehaveLikePermit(plainFixture)
  shouldBehaveLikeVotes(plainFixture, 'timestamp')
  shouldBehaveLikeERC3009(plainFixture, {
    notYetValid: 'OpenToken_AuthorizationNotYetValid',
    expired: 'OpenToken_AuthorizationExpired',
    used: 'OpenToken_AuthorizationUsed',
    invalidSigner: 'OpenToken_InvalidSigner',
    notPayee: 'OpenToken_NotPayee',
  })

  describe('runtime', () => {
    itMeasured('is small enough to be cheap to deploy where code has a price', async () => {
      const { deployedBytecode } = await artifacts.readArtifact('OpenToken')
      expect(getBytes(deployedBytecode).length).to.be.at.most(MOST_RUNTIME_BYTES)
    })
  })

  describe('constructor', () => {
    it('gives the holder the whole supply, under the authority', async () => {
      const { token, access, holder, vault } = await loadFixture(fixture)
      expect(await token.totalSupply()).to.equal(SUPPLY)
      expect((await token.balanceOf(holder)) + (await token.balanceOf(vault))).to.equal(SUPPLY)
      expect(await token.authority()).to.equal(await access.getAddress())
    })

    it('announces the supply', async () => {
      const { access, holder } = await loadFixture(fixture)
      const token = await ethers.deployContract('OpenToken', [holder, access])
      await expect(token.deploymentTransaction())
        .to.emit(token, 'Transfer')
        .withArgs(ZeroAddress, holder, SUPPLY)
    })

    describe('given no holder', () => {
      it('reverts with the receiver', async () => {
        const { token, access } = await loadFixture(fixture)
        await expect(ethers.deployContract('OpenToken', [ZeroAddress, access]))
          .to.be.revertedWithCustomError(token, 'ERC20InvalidReceiver')
          .withArgs(ZeroAddress)
      })
    })
  })

  describe('transfer', () => {
    it('moves balances and nothing else of the accounts', async () => {
      const { token, alice, bob, vault } = await loadFixture(fixture)
      await token.connect(vault).payCumulative(alice, 100n, bob)
      await token.connect(alice).transfer(bob, 40n)
      expect([await token.balanceOf(alice), await token.balanceOf(bob)]).to.deep.equal([60n, 40n])
      expect([await token.paid(alice), await token.paid(bob)]).to.deep.equal([100n, 0n])
    })

    it('moves the whole supply without touching the flags', async () => {
      const { token, holder, alice } = await loadFixture(fixture)
      const all = await token.balanceOf(holder)
      expect(all).to.be.lessThan(BALANCE_BITS)
      await token.connect(alice).delegate(alice)
      await token.connect(holder).transfer(alice, all)
      expect(await token.getVotes(alice)).to.equal(all)
      expect(await token.isDistributor(alice)).to.equal(false)
    })

    itMeasured('costs no more than a plain token where nobody delegated', async () => {
      const { token, alice, bob, holder } = await loadFixture(fixture)
      await token.connect(holder).transfer(alice, 100n)
      await token.connect(holder).transfer(bob, 100n)
      const plain = await gasOf(token.connect(alice).transfer(bob, 1n))
      expect(plain).to.be.at.most(MOST_TRANSFER_GAS)
      await token.connect(alice).delegate(alice)
      const delegated = await gasOf(token.connect(alice).transfer(bob, 1n))
      expect(delegated - plain).to.be.greaterThan(5_000n)
    })
  })

  describe('transferFrom', () => {
    describe('given the zero address as sender of nothing', () => {
      it('reverts with the sender', async () => {
        const { token, alice, bob } = await loadFixture(fixture)
        await expect(token.connect(alice).transferFrom(ZeroAddress, bob, 0n))
          .to.be.revertedWithCustomError(token, 'ERC20InvalidSender')
          .withArgs(ZeroAddress)
      })
    })
  })

  describe('authorizations', () => {
    it('name in their errors what is wrong', async () => {
      const { token, alice, bob } = await loadFixture(fixture)
      const now = BigInt((await ethers.provider.getBlock('latest'))!.timestamp) + 1n
      const zero = `0x${'00'.repeat(32)}`
      const args = (after: bigint, before: bigint) =>
        [alice.address, bob.address, 1n, after, before, zero, 27, zero, zero] as const
      await expect(token.connect(bob).transferWithAuthorization(...args(MaxUint256, MaxUint256)))
        .to.be.revertedWithCustomError(token, 'OpenToken_AuthorizationNotYetValid')
        .withArgs(now, MaxUint256)
      await expect(token.connect(bob).transferWithAuthorization(...args(0n, 1n)))
        .to.be.revertedWithCustomError(token, 'OpenToken_AuthorizationExpired')
        .withArgs(now + 1n, 1n)
      await expect(token.connect(alice).receiveWithAuthorization(...args(0n, MaxUint256)))
        .to.be.revertedWithCustomError(token, 'OpenToken_NotPayee')
        .withArgs(alice, bob)
    })

    it('name signer and nonce in their errors', async () => {
      const { token, alice, bob } = await loadFixture(fixture)
      const { name, version, chainId, verifyingContract } = await token.eip712Domain()
      const nonce = `0x${'07'.repeat(32)}`
      const types = {
        CancelAuthorization: [
          { name: 'authorizer', type: 'address' },
          { name: 'nonce', type: 'bytes32' },
        ],
      }
      const domain = { name, version, chainId, verifyingContract }
      const signed = await alice.signTypedData(domain, types, { authorizer: alice.address, nonce })
      const { v, r, s } = ethers.Signature.from(signed)
      const wrong = await bob.signTypedData(domain, types, { authorizer: alice.address, nonce })
      const bad = ethers.Signature.from(wrong)
      await expect(token.cancelAuthorization(alice, nonce, bad.v, bad.r, bad.s))
        .to.be.revertedWithCustomError(token, 'OpenToken_InvalidSigner')
        .withArgs(bob, alice)
      await token.cancelAuthorization(alice, nonce, v, r, s)
      await expect(token.cancelAuthorization(alice, nonce, v, r, s))
        .to.be.revertedWithCustomError(token, 'OpenToken_AuthorizationUsed')
        .withArgs(alice, nonce)
    })
  })

  describe('supportsInterface', () => {
    it('knows the standards of the token and no other', async () => {
      const { token } = await loadFixture(fixture)
      const standards = [
        IERC165__factory,
        IERC20__factory,
        IERC20Metadata__factory,
        IERC20Permit__factory,
        IVotes__factory,
        IERC6372__factory,
        IERC3009__factory,
        IERC3009Cancel__factory,
      ].map(({ abi }) => interfaceId(abi, inherited(abi)))
      const both = BigInt(standards[4]!) ^ BigInt(standards[5]!)
      for (const id of [...standards, `0x${both.toString(16).padStart(8, '0')}`]) {
        expect(await token.supportsInterface(id), id).to.equal(true)
      }
      for (const id of ['0xffffffff', '0x00000000', '0x80ac58cd']) {
        expect(await token.supportsInterface(id), id).to.equal(false)
      }
    })
  })

  describe('setDistributor', () => {
    it('sets and clears the right to pay', async () => {
      const { token, alice } = await loadFixture(fixture)
      await expect(token.setDistributor(alice, true)).to.emit(token, 'DistributorSet').withArgs(alice, true)
      expect(await token.isDistributor(alice)).to.equal(true)
      await expect(token.setDistributor(alice, false)).to.emit(token, 'DistributorSet').withArgs(alice, false)
      expect(await token.isDistributor(alice)).to.equal(false)
    })

    it('keeps balance, paid, delegation and payout rules', async () => {
      const { token, rules, alice, bob, vault } = await loadFixture(fixture)
      await token.connect(vault).payCumulative(alice, 10n, alice)
      await token.connect(alice).delegate(alice)
      await rules.connect(alice).setPayout(alice, bob)
      await token.setDistributor(alice, true)
      await token.setDistributor(alice, false)
      await token.connect(vault).payCumulative(alice, 12n, alice)
      const state = [await token.balanceOf(alice), await token.paid(alice), await token.getVotes(alice)]
      expect([...state, await token.balanceOf(bob)]).to.deep.equal([10n, 12n, 10n, 2n])
    })

    describe('given a caller without the role', () => {
      it('reverts with the caller', async () => {
        const { token, alice } = await loadFixture(fixture)
        await expect(token.connect(alice).setDistributor(alice, true))
          .to.be.revertedWithCustomError(token, 'AccessManagedUnauthorized')
          .withArgs(alice)
      })
    })
  })

  describe('setPayoutRegistry', () => {
    it('sets it, and says so', async () => {
      const { access, holder, bob } = await loadFixture(fixture)
      const token = await ethers.deployContract('OpenToken', [holder, access])
      expect(await token.payoutRegistry()).to.equal(ZeroAddress)
      await expect(token.setPayoutRegistry(bob)).to.emit(token, 'PayoutRegistrySet').withArgs(bob)
      expect(await token.payoutRegistry()).to.equal(bob.address)
    })

    describe('given one that was set before', () => {
      it('reverts with it', async () => {
        const { token, rules, alice } = await loadFixture(fixture)
        await expect(token.setPayoutRegistry(alice))
          .to.be.revertedWithCustomError(token, 'OpenToken_PayoutRegistryAlreadySet')
          .withArgs(rules)
      })
    })

    describe('given a caller without the role', () => {
      it('reverts with the caller', async () => {
        const { token, alice } = await loadFixture(fixture)
        await expect(token.connect(alice).setPayoutRegistry(alice))
          .to.be.revertedWithCustomError(token, 'AccessManagedUnauthorized')
          .withArgs(alice)
      })
    })
  })

  describe('setPayoutFlags', () => {
    describe('given a caller that is not the payout registry', () => {
      it('reverts with both', async () => {
        const { token, rules, alice } = await loadFixture(fixture)
        await expect(token.connect(alice).setPayoutFlags(alice, true, true))
          .to.be.revertedWithCustomError(token, 'OpenToken_NotPayoutRegistry')
          .withArgs(alice, rules)
      })
    })
  })

  describe('payCumulative', () => {
    it('sends what is missing to the cumulative, from the own balance', async () => {
      const { token, alice, bob, vault } = await loadFixture(fixture)
      for (const [cumulative, sent] of [
        [100n, 100n],
        [130n, 30n],
      ] as const) {
        await expect(token.connect(vault).payCumulative(alice, cumulative, bob))
          .to.emit(token, 'Transfer')
          .withArgs(vault, alice, sent)
      }
      expect([await token.paid(alice), await token.balanceOf(vault)]).to.deep.equal([130n, 870n])
    })

    it('pays nothing twice, not even through another distributor', async () => {
      const { token, alice, holder, vault } = await loadFixture(fixture)
      await token.setDistributor(holder, true)
      await token.connect(vault).payCumulative(alice, 100n, alice)
      for (const cumulative of [100n, 99n, 0n]) {
        expect(await token.connect(holder).payCumulative.staticCall(alice, cumulative, alice)).to.equal(0n)
        const again = token.connect(holder).payCumulative(alice, cumulative, alice)
        await expect(again).not.to.emit(token, 'Transfer')
      }
      expect([await token.balanceOf(alice), await token.paid(alice)]).to.deep.equal([100n, 100n])
    })

    it('counts even what a distributor pays itself', async () => {
      const { token, vault } = await loadFixture(fixture)
      await token.connect(vault).payCumulative(vault, 400n, vault)
      expect([await token.balanceOf(vault), await token.paid(vault)]).to.deep.equal([1000n, 400n])
      expect(await token.isDistributor(vault)).to.equal(true)
    })

    it('gives votes to the delegate of the payee', async () => {
      const { token, alice, bob, vault } = await loadFixture(fixture)
      await token.connect(alice).delegate(bob)
      await token.connect(vault).payCumulative(alice, 100n, alice)
      expect(await token.getVotes(bob)).to.equal(100n)
    })

    it('takes votes from the delegate of the distributor', async () => {
      const { token, alice, bob, vault } = await loadFixture(fixture)
      await token.connect(vault).delegate(bob)
      await token.connect(vault).payCumulative(alice, 100n, alice)
      expect(await token.getVotes(bob)).to.equal(900n)
    })

    describe('given an account with another payout', () => {
      it('pays the payout, and counts it for the account', async () => {
        const { token, rules, alice, bob, vault } = await loadFixture(fixture)
        await rules.connect(alice).setPayout(alice, bob)
        const paying = token.connect(vault).payCumulative(alice, 100n, vault)
        await expect(paying).to.changeTokenBalances(token, [vault, alice, bob], [-100n, 0n, 100n])
        await expect(paying).to.emit(token, 'Transfer').withArgs(vault, bob, 100n)
        expect([await token.paid(alice), await token.paid(bob)]).to.deep.equal([100n, 0n])
        await expect(token.connect(vault).payCumulative(alice, 100n, vault)).not.to.emit(token, 'Transfer')
      })

      it('goes one hop and no further, even in a circle', async () => {
        const { token, rules, alice, bob, carol, vault } = await loadFixture(fixture)
        await rules.connect(alice).setPayout(alice, bob)
        await rules.connect(bob).setPayout(bob, carol)
        await rules.connect(bob).setClaimer(bob, bob)
        await rules.connect(carol).setPayout(carol, alice)
        await token.connect(vault).payCumulative(alice, 10n, vault)
        await token.connect(vault).payCumulative(carol, 3n, vault)
        const balances = await Promise.all([alice, bob, carol].map(async of => token.balanceOf(of)))
        expect(balances).to.deep.equal([3n, 10n, 0n])
      })

      it('moves votes to the delegate of the payout', async () => {
        const { token, rules, alice, bob, carol, vault } = await loadFixture(fixture)
        await rules.connect(alice).setPayout(alice, bob)
        await token.connect(alice).delegate(alice)
        await token.connect(bob).delegate(carol)
        await token.connect(vault).payCumulative(alice, 10n, vault)
        expect([await token.getVotes(alice), await token.getVotes(carol)]).to.deep.equal([0n, 10n])
      })

      it('pays a payout that has become a distributor, even the paying one', async () => {
        const { token, rules, alice, bob, vault } = await loadFixture(fixture)
        await rules.connect(alice).setPayout(alice, bob)
        await token.setDistributor(bob, true)
        await token.connect(vault).transfer(bob, 500n)
        await token.connect(bob).payCumulative(alice, 20n, alice)
        expect([await token.balanceOf(bob), await token.paid(alice)]).to.deep.equal([500n, 20n])
      })

      it('pays a distributor that redirected its own rewards', async () => {
        const { token, rules, bob, vault } = await loadFixture(fixture)
        await rules.connect(vault).setPayout(vault, bob)
        await token.connect(vault).payCumulative(vault, 30n, vault)
        const state = [await token.balanceOf(vault), await token.balanceOf(bob), await token.paid(vault)]
        expect(state).to.deep.equal([970n, 30n, 30n])
        expect(await token.isDistributor(vault)).to.equal(true)
      })

      it('pays a contract like any address, without calling it', async () => {
        const { token, rules, access, alice, vault } = await loadFixture(fixture)
        await rules.connect(alice).setPayout(alice, access)
        await token.connect(vault).payCumulative(alice, 30n, vault)
        expect(await token.balanceOf(access)).to.equal(30n)
      })

      describe('and too small a balance', () => {
        it('reverts with payer, balance and need, and counts nothing', async () => {
          const { token, rules, alice, bob, vault } = await loadFixture(fixture)
          await rules.connect(alice).setPayout(alice, bob)
          await expect(token.connect(vault).payCumulative(alice, 1001n, alice))
            .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
            .withArgs(vault, 1000n, 1001n)
          expect(await token.paid(alice)).to.equal(0n)
        })
      })
    })

    describe('given a guarded account', () => {
      it('pays it when itself or its claimer claims', async () => {
        const { token, rules, alice, bob, vault } = await loadFixture(fixture)
        await rules.connect(alice).setClaimer(alice, bob)
        await token.connect(vault).payCumulative(alice, 10n, alice)
        await token.connect(vault).payCumulative(alice, 20n, bob)
        expect(await token.balanceOf(alice)).to.equal(20n)
      })

      it('reverts with caller and account when another claims', async () => {
        const { token, rules, alice, bob, carol, vault } = await loadFixture(fixture)
        await rules.connect(alice).setClaimer(alice, bob)
        await rules.connect(alice).setPayout(alice, bob)
        await expect(token.connect(vault).payCumulative(alice, 10n, carol))
          .to.be.revertedWithCustomError(token, 'OpenToken_NotClaimer')
          .withArgs(carol, alice)
      })

      it('gives anyone 0 where nothing is due', async () => {
        const { token, rules, alice, carol, vault } = await loadFixture(fixture)
        await token.connect(vault).payCumulative(alice, 10n, carol)
        await rules.connect(alice).setClaimer(alice, alice)
        expect(await token.connect(vault).payCumulative.staticCall(alice, 10n, carol)).to.equal(0n)
      })
    })

    describe('given a caller that is no distributor', () => {
      it('reverts with the caller', async () => {
        const { token, alice, holder } = await loadFixture(fixture)
        await expect(token.connect(holder).payCumulative(alice, 1n, alice))
          .to.be.revertedWithCustomError(token, 'OpenToken_NotDistributor')
          .withArgs(holder)
      })
    })

    describe('given more than the own balance', () => {
      it('reverts with payer, balance and need', async () => {
        const { token, alice, vault } = await loadFixture(fixture)
        await expect(token.connect(vault).payCumulative(alice, 1001n, alice))
          .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
          .withArgs(vault, 1000n, 1001n)
      })
    })

    describe('given the zero address', () => {
      it('reverts with the receiver', async () => {
        const { token, vault } = await loadFixture(fixture)
        await expect(token.connect(vault).payCumulative(ZeroAddress, 1n, vault))
          .to.be.revertedWithCustomError(token, 'ERC20InvalidReceiver')
          .withArgs(ZeroAddress)
      })
    })
  })
})

type Abi = ConstructorParameters<typeof Interface>[0]

/** What solc leaves out of an interface's identifier: the functions of the interfaces it inherits. */
function inherited(abi: Abi): Set<string> {
  if (abi !== IERC20Metadata__factory.abi) return new Set()
  return new Set(selectorsOf(IERC20__factory.abi))
}

function selectorsOf(abi: Abi): string[] {
  const selectors: string[] = []
  Interface.from(abi).forEachFunction(({ selector }) => selectors.push(selector))
  return selectors
}

function interfaceId(abi: Abi, without: Set<string>): string {
  const own = selectorsOf(abi).filter(selector => !without.has(selector))
  const id = own.reduce((sum, selector) => sum ^ BigInt(selector), 0n)
  return `0x${id.toString(16).padStart(8, '0')}`
}
