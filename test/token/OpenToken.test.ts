import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { MaxUint256, type Signer, Signature, ZeroAddress, parseEther } from 'ethers'
import { ethers } from 'hardhat'

const SUPPLY = parseEther('1000000000')
const BALANCE_BITS = (1n << 120n) - 1n

async function fixture() {
  const [owner, holder, alice, bob, vault] = await ethers.getSigners()
  const token = await ethers.deployContract('OpenToken', [holder!, owner!])
  await token.setDistributor(vault!, true)
  await token.connect(holder!).transfer(vault!, 1000n)
  return { token, owner: owner!, holder: holder!, alice: alice!, bob: bob!, vault: vault! }
}

type Fixture = Awaited<ReturnType<typeof fixture>>

async function signPermit(
  { token, alice, bob }: Fixture,
  signer: Signer,
  { value, deadline }: { value: bigint; deadline: number },
) {
  const domain = {
    name: 'Open Datanets',
    version: '1',
    chainId: 31337,
    verifyingContract: await token.getAddress(),
  }
  const types = {
    Permit: [
      { name: 'owner', type: 'address' },
      { name: 'spender', type: 'address' },
      { name: 'value', type: 'uint256' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
  }
  const message = {
    owner: alice.address,
    spender: bob.address,
    value,
    nonce: await token.nonces(alice),
    deadline,
  }
  return Signature.from(await signer.signTypedData(domain, types, message))
}

describe('OpenToken', () => {
  describe('constructor', () => {
    it('gives the holder the whole supply and names the token', async () => {
      const { token, holder, vault, owner } = await loadFixture(fixture)
      expect(await token.totalSupply()).to.equal(SUPPLY)
      expect((await token.balanceOf(holder)) + (await token.balanceOf(vault))).to.equal(SUPPLY)
      expect(await token.owner()).to.equal(owner.address)
      expect([await token.name(), await token.symbol(), await token.decimals()]).to.deep.equal([
        'Open Datanets',
        'OPEN',
        18n,
      ])
    })

    describe('given no holder', () => {
      it('reverts with the receiver', async () => {
        const { token, owner } = await loadFixture(fixture)
        await expect(ethers.deployContract('OpenToken', [ZeroAddress, owner]))
          .to.be.revertedWithCustomError(token, 'ERC20InvalidReceiver')
          .withArgs(ZeroAddress)
      })
    })
  })

  describe('transfer', () => {
    it('moves balances and nothing else of the accounts', async () => {
      const { token, alice, bob, vault } = await loadFixture(fixture)
      await token.connect(vault).payCumulative(alice, 100n)
      await expect(token.connect(alice).transfer(bob, 40n))
        .to.emit(token, 'Transfer')
        .withArgs(alice, bob, 40n)
      expect(await token.balanceOf(alice)).to.equal(60n)
      expect(await token.balanceOf(bob)).to.equal(40n)
      expect(await token.paid(alice)).to.equal(100n)
      expect(await token.paid(bob)).to.equal(0n)
    })

    it('to oneself changes nothing', async () => {
      const { token, vault } = await loadFixture(fixture)
      await token.connect(vault).transfer(vault, 1000n)
      expect(await token.balanceOf(vault)).to.equal(1000n)
      expect(await token.isDistributor(vault)).to.equal(true)
    })

    it('moves the whole supply without touching the flags', async () => {
      const { token, holder, alice } = await loadFixture(fixture)
      const all = await token.balanceOf(holder)
      expect(all).to.be.lessThan(BALANCE_BITS)
      await token.connect(alice).delegate(alice)
      await token.connect(holder).transfer(alice, all)
      expect(await token.balanceOf(alice)).to.equal(all)
      expect(await token.getVotes(alice)).to.equal(all)
      expect(await token.isDistributor(alice)).to.equal(false)
    })

    describe('given too small a balance', () => {
      it('reverts with sender, balance and need', async () => {
        const { token, alice, vault } = await loadFixture(fixture)
        await expect(token.connect(vault).transfer(alice, 1001n))
          .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
          .withArgs(vault, 1000n, 1001n)
      })
    })

    describe('given the zero address', () => {
      it('reverts with the receiver', async () => {
        const { token, vault } = await loadFixture(fixture)
        await expect(token.connect(vault).transfer(ZeroAddress, 1n))
          .to.be.revertedWithCustomError(token, 'ERC20InvalidReceiver')
          .withArgs(ZeroAddress)
      })
    })
  })

  describe('transferFrom', () => {
    it('spends the allowance', async () => {
      const { token, alice, bob, vault } = await loadFixture(fixture)
      await expect(token.connect(vault).approve(alice, 50n))
        .to.emit(token, 'Approval')
        .withArgs(vault, alice, 50n)
      await token.connect(alice).transferFrom(vault, bob, 20n)
      expect(await token.allowance(vault, alice)).to.equal(30n)
      expect(await token.balanceOf(bob)).to.equal(20n)
    })

    it('leaves an unlimited allowance unlimited', async () => {
      const { token, alice, bob, vault } = await loadFixture(fixture)
      await token.connect(vault).approve(alice, MaxUint256)
      await token.connect(alice).transferFrom(vault, bob, 20n)
      expect(await token.allowance(vault, alice)).to.equal(MaxUint256)
    })

    describe('given too small an allowance', () => {
      it('reverts with spender, allowance and need', async () => {
        const { token, alice, bob, vault } = await loadFixture(fixture)
        await token.connect(vault).approve(alice, 19n)
        await expect(token.connect(alice).transferFrom(vault, bob, 20n))
          .to.be.revertedWithCustomError(token, 'ERC20InsufficientAllowance')
          .withArgs(alice, 19n, 20n)
      })
    })

    describe('given the zero address as sender', () => {
      it('reverts with the sender', async () => {
        const { token, alice, bob } = await loadFixture(fixture)
        await expect(token.connect(alice).transferFrom(ZeroAddress, bob, 0n))
          .to.be.revertedWithCustomError(token, 'ERC20InvalidSender')
          .withArgs(ZeroAddress)
      })
    })
  })

  describe('approve', () => {
    describe('given the zero address', () => {
      it('reverts with the spender', async () => {
        const { token, alice } = await loadFixture(fixture)
        await expect(token.connect(alice).approve(ZeroAddress, 1n))
          .to.be.revertedWithCustomError(token, 'ERC20InvalidSpender')
          .withArgs(ZeroAddress)
      })
    })
  })

  describe('permit', () => {
    it('approves by signature, once', async () => {
      const given = await loadFixture(fixture)
      const { token, alice, bob } = given
      const deadline = (await time.latest()) + 60
      const { v, r, s } = await signPermit(given, alice, { value: 7n, deadline })
      await token.permit(alice, bob, 7n, deadline, v, r, s)
      expect(await token.allowance(alice, bob)).to.equal(7n)
      expect(await token.nonces(alice)).to.equal(1n)
      await expect(token.permit(alice, bob, 7n, deadline, v, r, s)).to.be.revertedWithCustomError(
        token,
        'ERC2612InvalidSigner',
      )
    })

    describe('given a passed deadline', () => {
      it('reverts with the deadline', async () => {
        const given = await loadFixture(fixture)
        const { token, alice, bob } = given
        const deadline = (await time.latest()) - 1
        const { v, r, s } = await signPermit(given, alice, { value: 7n, deadline })
        await expect(token.permit(alice, bob, 7n, deadline, v, r, s))
          .to.be.revertedWithCustomError(token, 'ERC2612ExpiredSignature')
          .withArgs(deadline)
      })
    })

    describe('given another signer', () => {
      it('reverts with signer and owner', async () => {
        const given = await loadFixture(fixture)
        const { token, alice, bob } = given
        const deadline = (await time.latest()) + 60
        const { v, r, s } = await signPermit(given, bob, { value: 7n, deadline })
        await expect(token.permit(alice, bob, 7n, deadline, v, r, s))
          .to.be.revertedWithCustomError(token, 'ERC2612InvalidSigner')
          .withArgs(bob, alice)
      })
    })
  })

  describe('burn', () => {
    it('lowers balance and supply', async () => {
      const { token, vault } = await loadFixture(fixture)
      await expect(token.connect(vault).burn(300n))
        .to.emit(token, 'Transfer')
        .withArgs(vault, ZeroAddress, 300n)
      expect(await token.balanceOf(vault)).to.equal(700n)
      expect(await token.totalSupply()).to.equal(SUPPLY - 300n)
    })

    describe('given too small a balance', () => {
      it('reverts with account, balance and need', async () => {
        const { token, alice } = await loadFixture(fixture)
        await expect(token.connect(alice).burn(1n))
          .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
          .withArgs(alice, 0n, 1n)
      })
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

    it('keeps balance, paid and delegation', async () => {
      const { token, alice, vault } = await loadFixture(fixture)
      await token.connect(vault).payCumulative(alice, 10n)
      await token.connect(alice).delegate(alice)
      await token.setDistributor(alice, true)
      await token.setDistributor(alice, false)
      expect([
        await token.balanceOf(alice),
        await token.paid(alice),
        await token.getVotes(alice),
      ]).to.deep.equal([10n, 10n, 10n])
    })

    describe('given another caller than the owner', () => {
      it('reverts with the caller', async () => {
        const { token, alice } = await loadFixture(fixture)
        await expect(token.connect(alice).setDistributor(alice, true))
          .to.be.revertedWithCustomError(token, 'OwnableUnauthorizedAccount')
          .withArgs(alice)
      })
    })
  })

  describe('payCumulative', () => {
    it('sends what is missing to the cumulative, from the own balance', async () => {
      const { token, alice, vault } = await loadFixture(fixture)
      await expect(token.connect(vault).payCumulative(alice, 100n))
        .to.emit(token, 'Transfer')
        .withArgs(vault, alice, 100n)
      await expect(token.connect(vault).payCumulative(alice, 130n))
        .to.emit(token, 'Transfer')
        .withArgs(vault, alice, 30n)
      expect(await token.paid(alice)).to.equal(130n)
      expect(await token.balanceOf(vault)).to.equal(870n)
    })

    it('pays nothing twice, not even through another distributor', async () => {
      const { token, alice, holder, vault } = await loadFixture(fixture)
      await token.setDistributor(holder, true)
      await token.connect(vault).payCumulative(alice, 100n)
      for (const cumulative of [100n, 99n, 0n]) {
        await expect(token.connect(holder).payCumulative(alice, cumulative)).not.to.emit(token, 'Transfer')
      }
      expect(await token.balanceOf(alice)).to.equal(100n)
      expect(await token.paid(alice)).to.equal(100n)
    })

    it('counts even what a distributor pays itself', async () => {
      const { token, vault } = await loadFixture(fixture)
      await token.connect(vault).payCumulative(vault, 400n)
      expect(await token.balanceOf(vault)).to.equal(1000n)
      expect(await token.paid(vault)).to.equal(400n)
      expect(await token.isDistributor(vault)).to.equal(true)
    })

    it('gives votes to the delegate of the payee', async () => {
      const { token, alice, bob, vault } = await loadFixture(fixture)
      await token.connect(alice).delegate(bob)
      await token.connect(vault).payCumulative(alice, 100n)
      expect(await token.getVotes(bob)).to.equal(100n)
    })

    describe('given a caller that is no distributor', () => {
      it('reverts with the caller', async () => {
        const { token, alice, holder } = await loadFixture(fixture)
        await expect(token.connect(holder).payCumulative(alice, 1n))
          .to.be.revertedWithCustomError(token, 'OpenToken_NotDistributor')
          .withArgs(holder)
      })
    })

    describe('given more than the own balance', () => {
      it('reverts with payer, balance and need', async () => {
        const { token, alice, vault } = await loadFixture(fixture)
        await expect(token.connect(vault).payCumulative(alice, 1001n))
          .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
          .withArgs(vault, 1000n, 1001n)
      })
    })

    describe('given the zero address', () => {
      it('reverts with the receiver', async () => {
        const { token, vault } = await loadFixture(fixture)
        await expect(token.connect(vault).payCumulative(ZeroAddress, 1n))
          .to.be.revertedWithCustomError(token, 'ERC20InvalidReceiver')
          .withArgs(ZeroAddress)
      })
    })
  })

  describe('votes', () => {
    it('are counted in seconds', async () => {
      const { token } = await loadFixture(fixture)
      expect(await token.CLOCK_MODE()).to.equal('mode=timestamp')
      expect(await token.clock()).to.equal(await time.latest())
    })

    it('follow the balance while delegated, and stop when delegation ends', async () => {
      const { token, alice, bob, holder } = await loadFixture(fixture)
      await token.connect(holder).transfer(alice, 100n)
      await token.connect(alice).delegate(alice)
      expect(await token.getVotes(alice)).to.equal(100n)
      await token.connect(alice).transfer(bob, 30n)
      expect(await token.getVotes(alice)).to.equal(70n)
      await token.connect(alice).burn(20n)
      expect(await token.getVotes(alice)).to.equal(50n)
      await token.connect(alice).delegate(ZeroAddress)
      expect(await token.getVotes(alice)).to.equal(0n)
      await token.connect(holder).transfer(alice, 5n)
      expect(await token.getVotes(alice)).to.equal(0n)
    })

    it('remember the past', async () => {
      const { token, alice, holder } = await loadFixture(fixture)
      await token.connect(alice).delegate(alice)
      await token.connect(holder).transfer(alice, 100n)
      const then = await time.latest()
      await time.increase(10)
      await token.connect(alice).burn(100n)
      await time.increase(10)
      expect(await token.getPastVotes(alice, then)).to.equal(100n)
      expect(await token.getPastTotalSupply(then)).to.equal(SUPPLY)
    })

    it('cost a transfer nothing where nobody delegated', async () => {
      const { token, alice, bob, holder } = await loadFixture(fixture)
      await token.connect(holder).transfer(alice, 100n)
      await token.connect(holder).transfer(bob, 100n)
      await expect(token.connect(alice).transfer(bob, 1n)).not.to.emit(token, 'DelegateVotesChanged')
      const plain = (await (await token.connect(alice).transfer(bob, 1n)).wait())!.gasUsed
      await token.connect(alice).delegate(alice)
      const delegated = (await (await token.connect(alice).transfer(bob, 1n)).wait())!.gasUsed
      expect(delegated - plain).to.be.greaterThan(5_000n)
    })
  })
})
