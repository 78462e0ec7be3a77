import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress, encodeBytes32String, parseEther } from 'ethers'
import { ethers } from 'hardhat'

import { itMeasured } from './measured'

const SUPPLY = parseEther('1000000000')
const YEAR = 365n * 86_400n
const MOST_GAS = 16_777_216n

const group = (name: string, bps: number, start: bigint, duration: bigint) => ({
  name: encodeBytes32String(name),
  bps,
  start,
  duration,
})
const GROUPS = [
  group('community', 5000, 0n, 4n * YEAR),
  group('ecosystem', 1500, 0n, 4n * YEAR),
  group('team', 1800, YEAR, 3n * YEAR),
  group('investors', 1200, YEAR, 3n * YEAR),
  group('liquidity', 500, 0n, 0n),
] as const
const TEAM = 2
const LIQUIDITY = 4
const shareOf = (index: number) => (SUPPLY * BigInt(GROUPS[index]!.bps)) / 10_000n

async function fixture() {
  const [deployer, alice, bob, stranger] = await ethers.getSigners()
  const genesis = await ethers.deployContract('GenesisDistribution', [deployer!, [...GROUPS]])
  const access = await ethers.deployContract('OpenAccess', [deployer!])
  const token = await ethers.deployContract('OpenToken', [genesis, access])
  return { genesis, token, access, deployer: deployer!, alice: alice!, bob: bob!, stranger: stranger! }
}

type Fixture = Awaited<ReturnType<typeof fixture>>

/** Alice and Bob share what vests of the group, Bob gets a tenth of it all at once. */
function teamList({ alice, bob }: Fixture) {
  const all = shareOf(TEAM)
  return [
    { account: alice.address, vested: all / 2n, liquid: 0n },
    { account: bob.address, vested: all - all / 2n - all / 10n, liquid: all / 10n },
  ]
}

describe('GenesisDistribution', () => {
  describe('constructor', () => {
    it('keeps deployer, time and groups', async () => {
      const { genesis, deployer } = await loadFixture(fixture)
      expect(await genesis.deployer()).to.equal(deployer.address)
      const created = await genesis.deploymentTransaction()!.getBlock()
      expect(await genesis.genesisTime()).to.equal(created!.timestamp)
      for (const [index, { name, bps, start, duration }] of GROUPS.entries()) {
        expect([...(await genesis.groupOf(index))]).to.deep.equal([name, BigInt(bps), start, duration])
        expect([await genesis.allocated(index), await genesis.amountOf(index)]).to.deep.equal([false, 0n])
        expect(await genesis.walletsOf(index)).to.deep.equal([])
      }
    })

    describe('given shares that are not the whole', () => {
      it('reverts with their sum', async () => {
        const { genesis, deployer } = await loadFixture(fixture)
        for (const bps of [499, 501]) {
          const groups = [...GROUPS.slice(0, LIQUIDITY), { ...GROUPS[LIQUIDITY], bps }]
          await expect(ethers.deployContract('GenesisDistribution', [deployer, groups]))
            .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_WrongShares')
            .withArgs(9500 + bps, 10_000)
        }
      })
    })

    describe('given a group that vests for more than ten years', () => {
      it('reverts with it, the end and the bound', async () => {
        const { genesis, deployer } = await loadFixture(fixture)
        const most = 10n * YEAR
        expect(await genesis.MAX_VESTING()).to.equal(most)
        const groups = (start: bigint, duration: bigint) =>
          GROUPS.map((terms, i) => (i === TEAM ? { ...terms, start, duration } : terms))
        await ethers.deployContract('GenesisDistribution', [deployer, groups(YEAR, most - YEAR)])
        for (const [start, duration] of [
          [YEAR, most - YEAR + 1n],
          [most + 1n, 0n],
          [2n ** 64n - 1n, 2n ** 64n - 1n],
        ] as const) {
          await expect(ethers.deployContract('GenesisDistribution', [deployer, groups(start, duration)]))
            .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_TooLong')
            .withArgs(TEAM, start + duration, most)
        }
      })
    })
  })

  describe('allocate', () => {
    it('gives each its wallet and its liquid part, and says so', async () => {
      const given = await loadFixture(fixture)
      const { genesis, token, alice, bob } = given
      const list = teamList(given)
      const allocating = genesis.allocate(token, TEAM, list)
      await expect(allocating)
        .to.emit(genesis, 'GroupAllocated')
        .withArgs(TEAM, GROUPS[TEAM].name, shareOf(TEAM))
      const wallets = await genesis.walletsOf(TEAM)
      for (const [place, { account, vested, liquid }] of list.entries()) {
        await expect(allocating)
          .to.emit(genesis, 'Allocated')
          .withArgs(TEAM, account, wallets[place], vested, liquid)
        expect(await token.balanceOf(wallets[place]!)).to.equal(vested)
        expect(await token.balanceOf(account)).to.equal(liquid)
        const wallet = await ethers.getContractAt('VestingWallet', wallets[place]!)
        const terms = [await wallet.owner(), await wallet.start(), await wallet.duration()]
        const start = (await genesis.genesisTime()) + YEAR
        expect(terms).to.deep.equal([account, start, 3n * YEAR])
      }
      expect(wallets).to.have.length(2)
      expect(await genesis.allocated(TEAM)).to.equal(true)
      expect([await genesis.token(), await genesis.supply()]).to.deep.equal([
        await token.getAddress(),
        SUPPLY,
      ])
      expect([alice.address, bob.address]).to.deep.equal(list.map(({ account }) => account))
    })

    it('releases nothing for a year, then linearly for three', async () => {
      const given = await loadFixture(fixture)
      const { genesis, token, alice } = given
      await genesis.allocate(token, TEAM, teamList(given))
      const wallet = await ethers.getContractAt('VestingWallet', (await genesis.walletsOf(TEAM))[0]!)
      const born = await genesis.genesisTime()
      const release = async () => wallet['release(address)'](token)
      const all = shareOf(TEAM) / 2n
      for (const [after, released] of [
        [YEAR, 0n],
        [YEAR + YEAR / 2n, all / 6n],
        [2n * YEAR, all / 3n],
        [4n * YEAR, all],
        [5n * YEAR, all],
      ] as const) {
        await time.setNextBlockTimestamp(born + after)
        await release()
        expect(await token.balanceOf(alice)).to.equal(released)
      }
    })

    it('sends all five groups, to the last wei', async () => {
      const { genesis, token, alice, bob } = await loadFixture(fixture)
      for (const [index, { duration }] of GROUPS.entries()) {
        const share = shareOf(index)
        const list =
          duration > 0n
            ? [{ account: alice.address, vested: share - 3n, liquid: 3n }]
            : [{ account: bob.address, vested: 0n, liquid: share }]
        await genesis.allocate(token, index, list)
        expect(await genesis.amountOf(index)).to.equal(share)
      }
      expect(await token.balanceOf(genesis)).to.equal(0n)
      expect([await token.balanceOf(alice), await token.balanceOf(bob)]).to.deep.equal([
        12n,
        shareOf(LIQUIDITY),
      ])
      expect(await genesis.walletsOf(LIQUIDITY)).to.deep.equal([ZeroAddress])
    })

    it('keeps its shares when somebody burns between two groups', async () => {
      const given = await loadFixture(fixture)
      const { genesis, token, bob } = given
      const liquid = [{ account: bob.address, vested: 0n, liquid: shareOf(LIQUIDITY) }]
      await genesis.allocate(token, LIQUIDITY, liquid)
      await token.connect(bob).burn(shareOf(LIQUIDITY))
      await genesis.allocate(token, TEAM, teamList(given))
      expect(await genesis.allocated(TEAM)).to.equal(true)
    })

    itMeasured('fits a transaction with the longest list', async () => {
      const { genesis, token } = await loadFixture(fixture)
      const count = await genesis.MAX_BENEFICIARIES()
      const each = shareOf(TEAM) / count / 2n
      const list = Array.from({ length: Number(count) }, () => ({
        account: ethers.Wallet.createRandom().address,
        vested: each,
        liquid: each,
      }))
      const { gasUsed } = (await (await genesis.allocate(token, TEAM, list)).wait())!
      expect(gasUsed).to.be.at.most(MOST_GAS)
    })

    describe('given another caller than the deployer', () => {
      it('reverts with the caller', async () => {
        const given = await loadFixture(fixture)
        const { genesis, token, stranger } = given
        await expect(genesis.connect(stranger).allocate(token, TEAM, teamList(given)))
          .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_NotDeployer')
          .withArgs(stranger)
      })
    })

    describe('given a group a second time', () => {
      it('reverts with the group', async () => {
        const given = await loadFixture(fixture)
        const { genesis, token } = given
        await genesis.allocate(token, TEAM, teamList(given))
        await expect(genesis.allocate(token, TEAM, teamList(given)))
          .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_AlreadyAllocated')
          .withArgs(TEAM)
      })
    })

    describe('given a group that does not exist', () => {
      it('reverts with the group and their number', async () => {
        const { genesis, token } = await loadFixture(fixture)
        for (const call of [
          () => genesis.allocate(token, 5, []),
          () => genesis.allocated(5),
          () => genesis.walletsOf(5),
          () => genesis.groupOf(5),
          () => genesis.amountOf(5),
        ]) {
          await expect(call())
            .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_UnknownGroup')
            .withArgs(5, 5)
        }
      })
    })

    describe('given a sum that is not the share', () => {
      it('reverts with both', async () => {
        const { genesis, token, alice } = await loadFixture(fixture)
        for (const extra of [1n, -1n]) {
          const list = [{ account: alice.address, vested: shareOf(TEAM), liquid: 0n }]
          list[0]!.vested += extra
          await expect(genesis.allocate(token, TEAM, list))
            .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_WrongSum')
            .withArgs(shareOf(TEAM) + extra, shareOf(TEAM))
        }
      })
    })

    describe('given a vested part in a group that does not vest', () => {
      it('reverts with group and account', async () => {
        const { genesis, token, alice } = await loadFixture(fixture)
        const list = [{ account: alice.address, vested: 1n, liquid: shareOf(LIQUIDITY) - 1n }]
        await expect(genesis.allocate(token, LIQUIDITY, list))
          .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_NoVesting')
          .withArgs(LIQUIDITY, alice)
      })
    })

    describe('given too long a list', () => {
      it('reverts with its length and the bound', async () => {
        const { genesis, token, alice } = await loadFixture(fixture)
        const list = Array.from({ length: 21 }, () => ({ account: alice.address, vested: 0n, liquid: 1n }))
        await expect(genesis.allocate(token, TEAM, list))
          .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_TooManyBeneficiaries')
          .withArgs(21, 20)
      })
    })

    describe('given a token whose supply lies elsewhere', () => {
      it('reverts with balance and supply', async () => {
        const given = await loadFixture(fixture)
        const { genesis, access, alice } = given
        const foreign = await ethers.deployContract('OpenToken', [alice, access])
        await expect(genesis.allocate(foreign, TEAM, teamList(given)))
          .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_NotWholeSupply')
          .withArgs(0n, SUPPLY)
      })
    })

    describe('given another token than at first', () => {
      it('reverts with both', async () => {
        const given = await loadFixture(fixture)
        const { genesis, token, access, bob } = given
        await genesis.allocate(token, TEAM, teamList(given))
        const second = await ethers.deployContract('OpenToken', [genesis, access])
        const list = [{ account: bob.address, vested: 0n, liquid: shareOf(LIQUIDITY) }]
        await expect(genesis.allocate(second, LIQUIDITY, list))
          .to.be.revertedWithCustomError(genesis, 'GenesisDistribution_OtherToken')
          .withArgs(second, token)
      })
    })
  })
})
