import { loadFixture, mine, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type ContractTransactionResponse, type Signer, Signature, ZeroAddress } from 'ethers'
import { ethers } from 'hardhat'

import { inOneBlock, type TokenFixture, type TokenUnderTest } from './tokenUnderTest'

export type Clock = 'timestamp' | 'blocknumber'

const MODES: Record<Clock, string> = {
  timestamp: 'mode=timestamp',
  blocknumber: 'mode=blocknumber&from=default',
}
const TYPES = {
  Delegation: [
    { name: 'delegatee', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'expiry', type: 'uint256' },
  ],
}
const GAS = { gasLimit: 500_000 }

/** EIP-5805 and EIP-6372, as OpenZeppelin's ERC20Votes has them. */
export function shouldBehaveLikeVotes(fixture: TokenFixture, clock: Clock): void {
  /** When a transaction happened, by the token's clock. */
  async function timeOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
    const receipt = (await (await sent).wait())!
    if (clock === 'blocknumber') return receipt.blockNumber
    return (await ethers.provider.getBlock(receipt.blockNumber))!.timestamp
  }
  const now = async () => (clock === 'timestamp' ? time.latest() : time.latestBlock())

  describe('clock', () => {
    it(`counts in the mode ${MODES[clock]}`, async () => {
      const { token } = await loadFixture(fixture)
      expect(await token.CLOCK_MODE()).to.equal(MODES[clock])
      await mine(3, { interval: 7 })
      expect(await token.clock()).to.equal(await now())
    })
  })

  delegation(fixture)
  delegationBySignature(fixture)
  movingVotes(fixture)

  describe('getPastVotes', () => {
    it('gives the votes at the end of each moment', async () => {
      const { token, holder, alice, bob } = await loadFixture(fixture)
      const delegated = await timeOf(token.connect(alice).delegate(alice))
      const first = await timeOf(token.connect(holder).transfer(alice, 100n))
      await mine(2)
      const second = await timeOf(token.connect(alice).transfer(bob, 40n))
      await mine(2)
      const third = await timeOf(token.connect(holder).transfer(alice, 5n))
      await mine(2)
      const moments = [0, delegated, first - 1, first, first + 1, second, third - 1, third, third + 1]
      const votes = await Promise.all(moments.map(async moment => token.getPastVotes(alice, moment)))
      expect(votes).to.deep.equal([0n, 0n, 0n, 100n, 100n, 60n, 60n, 65n, 65n])
    })

    it('finds each of many checkpoints', async () => {
      const { token, holder, alice } = await loadFixture(fixture)
      await token.connect(alice).delegate(alice)
      const moments: number[] = []
      for (let i = 0; i < 12; i++) moments.push(await timeOf(token.connect(holder).transfer(alice, 1n)))
      await mine()
      const votes = await Promise.all(moments.map(async moment => token.getPastVotes(alice, moment)))
      expect(votes).to.deep.equal(moments.map((_, i) => BigInt(i + 1)))
    })

    it('keeps one value for all changes in one block', async () => {
      const { token, holder, alice, bob } = await loadFixture(fixture)
      await token.connect(alice).delegate(alice)
      const before = await now()
      await inOneBlock(
        () => token.connect(holder).transfer(alice, 100n, GAS),
        () => token.connect(alice).transfer(bob, 10n, GAS),
        () => token.connect(alice).transfer(bob, 20n, GAS),
      )
      const block = await now()
      await mine()
      expect(await token.getPastVotes(alice, before)).to.equal(0n)
      expect(await token.getPastVotes(alice, block)).to.equal(70n)
      expect(await token.getVotes(alice)).to.equal(70n)
    })

    describe('given the present or the future', () => {
      it('reverts with the moment and the clock', async () => {
        const { token, errors, alice } = await loadFixture(fixture)
        await mine()
        for (const ahead of [0, 1, 50_000]) {
          const moment = (await now()) + ahead
          await expect(token.getPastVotes(alice, moment))
            .to.be.revertedWithCustomError(errors, 'ERC5805FutureLookup')
            .withArgs(moment, await now())
          await expect(token.getPastTotalSupply(moment))
            .to.be.revertedWithCustomError(errors, 'ERC5805FutureLookup')
            .withArgs(moment, await now())
        }
      })
    })
  })

  describe('getPastTotalSupply', () => {
    it('follows burning, not transfers or delegation', async () => {
      const { token, supply, holder, alice } = await loadFixture(fixture)
      const sent = await timeOf(token.connect(holder).transfer(alice, 100n))
      const delegated = await timeOf(token.connect(alice).delegate(alice))
      const burned = await timeOf(token.connect(alice).burn(30n))
      await mine()
      const moments = [0, sent, delegated, burned]
      const supplies = await Promise.all(moments.map(async moment => token.getPastTotalSupply(moment)))
      expect(supplies).to.deep.equal([0n, supply, supply, supply - 30n])
    })
  })
}

function delegation(fixture: TokenFixture): void {
  describe('delegate', () => {
    it('gives nobody votes before it', async () => {
      const { token, holder } = await loadFixture(fixture)
      expect(await token.delegates(holder)).to.equal(ZeroAddress)
      expect(await token.getVotes(holder)).to.equal(0n)
    })

    it('gives the whole balance as votes, and says so', async () => {
      const { token, supply, holder } = await loadFixture(fixture)
      const delegating = token.connect(holder).delegate(holder)
      await expect(delegating).to.emit(token, 'DelegateChanged').withArgs(holder, ZeroAddress, holder)
      await expect(delegating).to.emit(token, 'DelegateVotesChanged').withArgs(holder, 0n, supply)
      expect(await token.delegates(holder)).to.equal(holder.address)
      expect(await token.getVotes(holder)).to.equal(supply)
    })

    it('changes no votes where there is no balance', async () => {
      const { token, alice } = await loadFixture(fixture)
      const delegating = token.connect(alice).delegate(alice)
      await expect(delegating).to.emit(token, 'DelegateChanged').withArgs(alice, ZeroAddress, alice)
      await expect(delegating).not.to.emit(token, 'DelegateVotesChanged')
    })

    it('to another moves the votes', async () => {
      const { token, supply, holder, alice } = await loadFixture(fixture)
      await token.connect(holder).delegate(holder)
      const moving = token.connect(holder).delegate(alice)
      await expect(moving).to.emit(token, 'DelegateChanged').withArgs(holder, holder, alice)
      await expect(moving).to.emit(token, 'DelegateVotesChanged').withArgs(holder, supply, 0n)
      await expect(moving).to.emit(token, 'DelegateVotesChanged').withArgs(alice, 0n, supply)
    })

    it('to the same changes no votes', async () => {
      const { token, holder } = await loadFixture(fixture)
      await token.connect(holder).delegate(holder)
      await expect(token.connect(holder).delegate(holder)).not.to.emit(token, 'DelegateVotesChanged')
    })

    it('to the zero address takes the votes back', async () => {
      const { token, supply, holder } = await loadFixture(fixture)
      await token.connect(holder).delegate(holder)
      await expect(token.connect(holder).delegate(ZeroAddress))
        .to.emit(token, 'DelegateVotesChanged')
        .withArgs(holder, supply, 0n)
      expect(await token.getVotes(holder)).to.equal(0n)
      expect(await token.getVotes(ZeroAddress)).to.equal(0n)
    })

    it('adds the votes of all that chose the same', async () => {
      const { token, holder, alice, bob, carol } = await loadFixture(fixture)
      await token.connect(holder).transfer(alice, 10n)
      await token.connect(holder).transfer(bob, 5n)
      await token.connect(alice).delegate(carol)
      await token.connect(bob).delegate(carol)
      expect(await token.getVotes(carol)).to.equal(15n)
    })
  })
}

interface Change {
  readonly signer?: Signer
  readonly nonce?: bigint
  readonly expiry?: number
}

async function signedDelegation({ domain, holder, alice }: TokenUnderTest, change: Change = {}) {
  const [nonce, expiry] = [change.nonce ?? 0n, change.expiry ?? (await time.latest()) + 60]
  const message = { delegatee: alice.address, nonce, expiry }
  const signature = await (change.signer ?? holder).signTypedData(domain, TYPES, message)
  const { v, r, s } = Signature.from(signature)
  return [alice.address, nonce, expiry, v, r, s] as const
}

function delegationBySignature(fixture: TokenFixture): void {
  describe('delegateBySig', () => {
    it('delegates for the signer, once', async () => {
      const given = await loadFixture(fixture)
      const { token, errors, supply, holder, alice, bob } = given
      const delegation = await signedDelegation(given)
      await expect(token.connect(bob).delegateBySig(...delegation))
        .to.emit(token, 'DelegateChanged')
        .withArgs(holder, ZeroAddress, alice)
      expect(await token.getVotes(alice)).to.equal(supply)
      expect(await token.nonces(holder)).to.equal(1n)
      await expect(token.delegateBySig(...delegation))
        .to.be.revertedWithCustomError(errors, 'InvalidAccountNonce')
        .withArgs(holder, 1n)
    })

    describe('given a nonce that is not the next', () => {
      it('reverts with signer and nonce', async () => {
        const given = await loadFixture(fixture)
        await expect(given.token.delegateBySig(...(await signedDelegation(given, { nonce: 1n }))))
          .to.be.revertedWithCustomError(given.errors, 'InvalidAccountNonce')
          .withArgs(given.holder, 0n)
      })
    })

    describe('given another signer', () => {
      it('delegates for that signer alone', async () => {
        const given = await loadFixture(fixture)
        const { token, holder, alice, bob } = given
        await token.delegateBySig(...(await signedDelegation(given, { signer: bob })))
        expect([await token.delegates(holder), await token.delegates(bob)]).to.deep.equal([
          ZeroAddress,
          alice.address,
        ])
      })
    })

    describe('given a passed expiry', () => {
      it('reverts with the expiry', async () => {
        const given = await loadFixture(fixture)
        const expiry = await time.latest()
        await expect(given.token.delegateBySig(...(await signedDelegation(given, { expiry }))))
          .to.be.revertedWithCustomError(given.errors, 'VotesExpiredSignature')
          .withArgs(expiry)
      })
    })
  })
}

function movingVotes(fixture: TokenFixture): void {
  describe('votes', () => {
    it('do not move where nobody delegated', async () => {
      const { token, holder, alice } = await loadFixture(fixture)
      await expect(token.connect(holder).transfer(alice, 1n)).not.to.emit(token, 'DelegateVotesChanged')
    })

    it('move with the sender, the receiver, or both', async () => {
      const { token, supply, holder, alice, bob } = await loadFixture(fixture)
      await token.connect(holder).delegate(holder)
      await expect(token.connect(holder).transfer(alice, 3n))
        .to.emit(token, 'DelegateVotesChanged')
        .withArgs(holder, supply, supply - 3n)
      await token.connect(bob).delegate(bob)
      await expect(token.connect(alice).transfer(bob, 1n))
        .to.emit(token, 'DelegateVotesChanged')
        .withArgs(bob, 0n, 1n)
      const both = token.connect(holder).transfer(bob, 2n)
      await expect(both)
        .to.emit(token, 'DelegateVotesChanged')
        .withArgs(holder, supply - 3n, supply - 5n)
      await expect(both).to.emit(token, 'DelegateVotesChanged').withArgs(bob, 1n, 3n)
    })

    it('stay where sender and receiver chose the same, and in a transfer to oneself', async () => {
      const { token, supply, holder, alice } = await loadFixture(fixture)
      await token.connect(holder).delegate(alice)
      await token.connect(alice).delegate(alice)
      for (const to of [alice, holder]) {
        await expect(token.connect(holder).transfer(to, 9n)).not.to.emit(token, 'DelegateVotesChanged')
      }
      expect(await token.getVotes(alice)).to.equal(supply)
    })

    it('fall with burning', async () => {
      const { token, supply, holder, alice } = await loadFixture(fixture)
      await token.connect(holder).delegate(alice)
      await expect(token.connect(holder).burn(9n))
        .to.emit(token, 'DelegateVotesChanged')
        .withArgs(alice, supply, supply - 9n)
    })

    it('stop following the balance once taken back', async () => {
      const { token, holder, alice } = await loadFixture(fixture)
      await token.connect(alice).delegate(alice)
      await token.connect(alice).delegate(ZeroAddress)
      await token.connect(holder).transfer(alice, 5n)
      expect(await token.getVotes(alice)).to.equal(0n)
      await token.connect(alice).delegate(alice)
      expect(await token.getVotes(alice)).to.equal(5n)
    })
  })
}
