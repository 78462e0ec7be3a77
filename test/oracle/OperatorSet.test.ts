import type { SignerWithAddress } from '@nomicfoundation/hardhat-ethers/signers'
import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { AbiCoder, ZeroAddress, ZeroHash, concat, id, keccak256, toBeHex } from 'ethers'
import hre, { ethers } from 'hardhat'

import { OPERATOR, WINDOW, compact, epochOf, finalize, oracleSystem } from './oracleSystem'

const MINIMUM = 1000n
const DELAY = 7 * 86_400
const DIGEST = id('what operators agree to')

/** Five bonded operators of whom two are a quorum, and an account in the oracle's place. */
async function fixture() {
  const [admin, oracle, challenger, stranger, ...others] = await ethers.getSigners()
  const seats = others.slice(0, 5)
  const access = await ethers.deployContract('OpenAccess', [admin!])
  const token = await ethers.deployContract('OpenToken', [admin!, access])
  const operators = await ethers.deployContract('OperatorSet', [token, access, oracle!, MINIMUM, DELAY])
  for (const account of [...seats, stranger!]) {
    await token.transfer(account, 5000n)
    await token.connect(account).approve(operators, ethers.MaxUint256)
  }
  for (const account of seats) await operators.connect(account).bond(1501n)
  return {
    access,
    token,
    operators,
    admin: admin!,
    oracle: oracle!,
    challenger: challenger!,
    stranger: stranger!,
    seats,
  }
}

async function named() {
  const given = await fixture()
  await given.operators.setOperators(given.seats, 1, 1)
  return given
}

/** The largest set, whose last operator is the only one with a bond; each is a quorum. */
async function crowd() {
  const given = await fixture()
  const others = Array.from({ length: 31 }, (_, i) => toBeHex(i + 1, 20))
  const last = given.seats[0]!
  await given.operators.setOperators([...others, last], 0, 1)
  return { ...given, last }
}

type Given = Awaited<ReturnType<typeof named>>

/** The signatures of the accounts over a digest. */
async function sign(accounts: readonly SignerWithAddress[], digest = DIGEST): Promise<string> {
  const keys = accounts.map(({ address }) => WALLETS.get(address)!)
  return concat(keys.map(key => compact(key.sign(digest).serialized)))
}

const WALLETS = new Map(
  Array.from({ length: 20 }, (_, i) => {
    const phrase = ethers.Mnemonic.fromPhrase('test test test test test test test test test test test junk')
    const { address, signingKey } = ethers.HDNodeWallet.fromMnemonic(phrase, `m/44'/60'/0'/0/${i}`)
    return [address, signingKey] as const
  }),
)

async function slashed() {
  const given = await named()
  await given.operators.connect(given.oracle).slash(1, 0b00101, given.challenger)
  return given
}

describe('OperatorSet', () => {
  describe('setOracle', () => {
    it('hands the place over: the old oracle can do nothing any more', async () => {
      const { operators, oracle, stranger } = await loadFixture(fixture)
      await expect(operators.connect(oracle).setOracle(stranger))
        .to.emit(operators, 'OracleSet')
        .withArgs(stranger)
      expect(await operators.oracle()).to.equal(stranger.address)
      await expect(operators.connect(oracle).setOracle(oracle))
        .to.be.revertedWithCustomError(operators, 'OperatorSet_NotOracle')
        .withArgs(oracle)
    })

    describe('given the zero address', () => {
      it('reverts, at the construction too', async () => {
        const { access, token, operators, oracle } = await loadFixture(fixture)
        for (const call of [
          () => operators.connect(oracle).setOracle(ZeroAddress),
          () => ethers.deployContract('OperatorSet', [token, access, ZeroAddress, MINIMUM, DELAY]),
        ]) {
          await expect(call()).to.be.revertedWithCustomError(operators, 'OperatorSet_ZeroOracle')
        }
      })
    })

    describe('given another caller than the oracle', () => {
      it('reverts with the caller, be it the admin', async () => {
        const { operators, admin } = await loadFixture(fixture)
        await expect(operators.setOracle(admin))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NotOracle')
          .withArgs(admin)
      })
    })
  })

  describe('setOperators', () => {
    it('puts the first set in force from its epoch on, with a digest of all that it is', async () => {
      const { operators, seats } = await loadFixture(fixture)
      const addresses = seats.map(({ address }) => address)
      const digest = keccak256(
        AbiCoder.defaultAbiCoder().encode(
          ['uint256', 'address', 'uint32', 'address[]', 'uint8'],
          [31337, await operators.getAddress(), 1, addresses, 1],
        ),
      )
      await expect(operators.setOperators(seats, 1, 3))
        .to.emit(operators, 'OperatorsSet')
        .withArgs(1, 3, addresses, 1, digest)
      expect(await operators.membersOf(2)).to.deep.equal([[], 0n])
      expect(await operators.membersOf(3)).to.deep.equal([addresses, 1n])
      expect([await operators.setDigest(2), await operators.setDigest(3)]).to.deep.equal([ZeroHash, digest])
    })

    it('takes 32 operators, and one alone', async () => {
      const { operators } = await loadFixture(fixture)
      const many = Array.from({ length: 32 }, (_, i) => toBeHex(i + 1, 20))
      await operators.setOperators(many, 15, 1)
      expect((await operators.membersOf(1)).operators).to.have.lengthOf(32)
    })

    it('gives another seat in place of one in a set that never came into force', async () => {
      const { operators, operator, rival, challenger, guardian } = await loadFixture(oracleSystem)
      await operators.setOperators([rival, challenger, guardian, operator], 1, 2)
      await operators.setOperators([rival, operator], 0, 2)
      await operators.requireQuorum(1, ZeroHash, operator, 0b01, '0x')
      await operators.requireQuorum(2, ZeroHash, operator, 0b10, '0x')
      await operators.requireQuorum(2, ZeroHash, rival, 0b01, '0x')
    })

    describe('given epoch 0', () => {
      it('reverts for the first set as for any other: epochs start at 1', async () => {
        const { operators, seats } = await loadFixture(fixture)
        await expect(operators.setOperators(seats, 1, 0))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_Frozen')
          .withArgs(0, 1)
        await operators.setOperators(seats, 1, 1)
      })
    })

    describe('given a set of the wrong size', () => {
      it('reverts with size and bounds', async () => {
        const { operators, seats } = await loadFixture(fixture)
        const many = Array.from({ length: 33 }, (_, i) => toBeHex(i + 1, 20))
        for (const [accounts, faults] of [
          [[], 0],
          [seats.slice(0, 2), 1],
          [seats, 3],
          [many, 0],
          [many, 255],
        ] as const) {
          await expect(operators.setOperators([...accounts], faults, 1))
            .to.be.revertedWithCustomError(operators, 'OperatorSet_WrongSize')
            .withArgs(accounts.length, 2 * faults + 1, 32)
        }
      })
    })

    describe('given the zero address or an account twice', () => {
      it('reverts with it', async () => {
        const { operators, seats } = await loadFixture(fixture)
        const [one, two] = [seats[0]!.address, seats[1]!.address]
        for (const [accounts, offender] of [
          [[one, ZeroAddress, two], ZeroAddress],
          [[one, two, one], one],
        ] as const) {
          await expect(operators.setOperators([...accounts], 1, 1))
            .to.be.revertedWithCustomError(operators, 'OperatorSet_InvalidOperator')
            .withArgs(offender)
        }
      })
    })

    describe('given an account whose slash is not settled', () => {
      it('reverts with it, until it is', async () => {
        const system = await loadFixture(oracleSystem)
        const { operators, oracle, operator, rival, prover, challenger } = system
        const { post } = epochOf(system, 1, [[100n]])
        await oracle.connect(operator).post(post, OPERATOR, '0x')
        await oracle.connect(prover).reject(post, OPERATOR, challenger, 0)
        await expect(operators.setOperators([operator, rival], 0, 2))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_Slashed')
          .withArgs(operator)
        await operators.settleSlash(operator)
        await operators.setOperators([operator, rival], 0, 2)
      })
    })

    describe('given another caller than governance', () => {
      it('reverts with the caller', async () => {
        const { operators, stranger, seats } = await loadFixture(fixture)
        await expect(operators.connect(stranger).setOperators(seats, 1, 1))
          .to.be.revertedWithCustomError(operators, 'AccessManagedUnauthorized')
          .withArgs(stranger)
      })
    })

    describe('given a set is in force', () => {
      it('leaves the epoch in progress alone', async () => {
        const system = await loadFixture(oracleSystem)
        const { operators, rival } = system
        for (const fromEpoch of [0, 1]) {
          await expect(operators.setOperators([rival], 0, fromEpoch))
            .to.be.revertedWithCustomError(operators, 'OperatorSet_Frozen')
            .withArgs(fromEpoch, fromEpoch === 0 ? 1 : 2)
        }
        await operators.setOperators([rival], 0, 2)
        await finalize(system, epochOf(system, 1, [[100n]]).post)
        await expect(operators.setOperators([rival], 0, 2))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_Frozen')
          .withArgs(2, 3)
      })

      it('replaces a set that is scheduled, and never one that has become current', async () => {
        const system = await loadFixture(oracleSystem)
        const { operators, operator, rival, contributors } = system
        await operators.setOperators([rival], 0, 4_000_000_000)
        await operators.setOperators([contributors[0]!, rival], 0, 2)
        const members = async (epoch: number) => [...(await operators.membersOf(epoch)).operators]
        expect(await members(1)).to.deep.equal([operator.address, rival.address])
        expect(await members(2)).to.deep.equal([contributors[0]!.address, rival.address])
        await finalize(system, epochOf(system, 1, [[100n]]).post)
        await operators.setOperators([operator], 0, 3)
        expect(await members(2)).to.deep.equal([contributors[0]!.address, rival.address])
        expect(await members(3)).to.deep.equal([operator.address])
      })

      it('keeps each operator its seat in both sets', async () => {
        const system = await loadFixture(oracleSystem)
        const { operators, oracle } = system
        const seats = [system.operator, system.rival]
        await operators.setOperators([seats[1]!, seats[0]!], 0, 2)
        await oracle.connect(seats[0]!).post(epochOf(system, 1, [[100n]]).post, 1, '0x')
        await time.increase(WINDOW)
        await oracle.finalize(epochOf(system, 1, [[100n]]).post, 1)
        const { post } = epochOf(system, 2, [[100n]], [100n])
        await expect(oracle.connect(seats[0]!).post(post, 1, '0x')).to.be.revertedWithCustomError(
          operators,
          'OperatorSet_SignatureLength',
        )
        await oracle.connect(seats[0]!).post(post, 2, '0x')
      })
    })

    describe('given the set of the epoch in progress has lost its quorum', () => {
      it('may be replaced at once, unless a post is pending', async () => {
        const system = await loadFixture(oracleSystem)
        const { operators, oracle, operator, rival, contributors } = system
        const { post } = epochOf(system, 1, [[100n]])
        await oracle.connect(operator).post(post, OPERATOR, '0x')
        for (const account of [operator, rival]) await operators.connect(account).requestExit()
        await expect(operators.setOperators([contributors[0]!], 0, 1))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_Frozen')
          .withArgs(1, 2)
        await oracle.connect(system.guardian).cancelPending()
        await operators.setOperators([contributors[0]!], 0, 1)
        expect((await operators.membersOf(1)).operators).to.deep.equal([contributors[0]!.address])
      })

      it('counts neither a slashed operator nor one that bonded anew after it', async () => {
        const system = await loadFixture(oracleSystem)
        const { operators, oracle, operator, rival, prover, challenger } = system
        const { post } = epochOf(system, 1, [[100n]])
        for (const [account, signers] of [
          [operator, 1],
          [rival, 2],
        ] as const) {
          await oracle.connect(account).post(post, signers, '0x')
          await oracle.connect(prover).reject(post, signers, challenger, 0)
        }
        await operators.settleSlash(operator)
        await operators.connect(operator).bond(2000n)
        await operators.setOperators([operator], 0, 1)
        await oracle.connect(operator).post(post, 1, '0x')
      })
    })
  })

  describe('bond', () => {
    it('makes an operator active at the minimum; anyone may bond before it is named', async () => {
      const { operators, stranger, token } = await loadFixture(fixture)
      const before = await token.balanceOf(operators)
      await expect(operators.connect(stranger).bond(MINIMUM - 1n))
        .to.emit(operators, 'Bonded')
        .withArgs(stranger, MINIMUM - 1n, MINIMUM - 1n)
      expect(await operators.isActive(stranger)).to.equal(false)
      await expect(operators.connect(stranger).bond(1n))
        .to.emit(operators, 'Bonded')
        .withArgs(stranger, 1n, MINIMUM)
      expect(await operators.isActive(stranger)).to.equal(true)
      expect(await operators.bondOf(stranger)).to.equal(MINIMUM)
      expect(await token.balanceOf(operators)).to.equal(before + MINIMUM)
    })

    it('keeps the seat', async () => {
      const { operators, seats } = await loadFixture(named)
      await operators.connect(seats[0]!).bond(7n)
      await operators.requireQuorum(1, DIGEST, seats[0]!, 3, await sign([seats[1]!]))
    })

    describe('given more than there is', () => {
      it('reverts, be it the largest amount', async () => {
        const { operators, token, stranger } = await loadFixture(fixture)
        await expect(operators.connect(stranger).bond((1n << 96n) - 1n))
          .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
          .withArgs(stranger, 5000n, (1n << 96n) - 1n)
      })
    })

    describe('given a slash that is not settled', () => {
      it('reverts with the caller', async () => {
        const { operators, seats } = await loadFixture(slashed)
        await expect(operators.connect(seats[0]!).bond(1n))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_Slashed')
          .withArgs(seats[0]!)
      })
    })
  })

  describe('requestExit', () => {
    it('makes the operator inactive at once, and its bond stays', async () => {
      const { operators, seats, token } = await loadFixture(named)
      const at = (await time.latest()) + 1 + DELAY
      const before = await token.balanceOf(operators)
      await time.setNextBlockTimestamp(at - DELAY)
      await expect(operators.connect(seats[0]!).requestExit())
        .to.emit(operators, 'ExitRequested')
        .withArgs(seats[0]!, 1501n, at)
      expect(await operators.isActive(seats[0]!)).to.equal(false)
      expect([await operators.bondOf(seats[0]!), await operators.leavingOf(seats[0]!)]).to.deep.equal([
        0n,
        1501n,
      ])
      expect(await operators.withdrawableAt(seats[0]!)).to.equal(at)
      expect(await token.balanceOf(operators)).to.equal(before)
    })

    it('lets the operator bond anew in its seat, and adds to what leaves', async () => {
      const { operators, seats } = await loadFixture(named)
      const operator = operators.connect(seats[0]!)
      await operator.requestExit()
      await operator.bond(MINIMUM)
      await operators.requireQuorum(1, DIGEST, seats[0]!, 3, await sign([seats[1]!]))
      await time.increase(DELAY)
      await operator.requestExit()
      const at = await operators.withdrawableAt(seats[0]!)
      await expect(operator.withdrawBond()).to.be.revertedWithCustomError(operators, 'OperatorSet_TooEarly')
      await time.increaseTo(at)
      await expect(operator.withdrawBond())
        .to.emit(operators, 'Withdrawn')
        .withArgs(seats[0]!, 1501n + MINIMUM)
    })

    describe('given no bond', () => {
      it('reverts with the caller', async () => {
        const { operators, stranger } = await loadFixture(fixture)
        await expect(operators.connect(stranger).requestExit())
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NothingBonded')
          .withArgs(stranger)
      })
    })

    describe('given a slash that is not settled', () => {
      it('reverts with the caller', async () => {
        const { operators, seats } = await loadFixture(slashed)
        await expect(operators.connect(seats[0]!).requestExit())
          .to.be.revertedWithCustomError(operators, 'OperatorSet_Slashed')
          .withArgs(seats[0]!)
      })
    })
  })

  describe('withdrawBond', () => {
    it('returns the bond after the delay', async () => {
      const { operators, seats, token } = await loadFixture(named)
      await operators.connect(seats[0]!).requestExit()
      await time.increase(DELAY)
      await expect(operators.connect(seats[0]!).withdrawBond())
        .to.emit(operators, 'Withdrawn')
        .withArgs(seats[0]!, 1501n)
      expect(await token.balanceOf(seats[0]!)).to.equal(5000n)
      expect([await operators.leavingOf(seats[0]!), await operators.withdrawableAt(seats[0]!)]).to.deep.equal(
        [0n, 0n],
      )
    })

    describe('given the delay has not passed', () => {
      it('reverts with time and bound', async () => {
        const { operators, seats } = await loadFixture(named)
        await operators.connect(seats[0]!).requestExit()
        const at = await operators.withdrawableAt(seats[0]!)
        await time.setNextBlockTimestamp(at - 1n)
        await expect(operators.connect(seats[0]!).withdrawBond())
          .to.be.revertedWithCustomError(operators, 'OperatorSet_TooEarly')
          .withArgs(at - 1n, at)
        await time.setNextBlockTimestamp(at)
        await expect(operators.connect(seats[0]!).withdrawBond())
          .to.emit(operators, 'Withdrawn')
          .withArgs(seats[0]!, 1501n)
      })
    })

    describe('given no exit was requested', () => {
      it('reverts with the caller', async () => {
        const { operators, seats } = await loadFixture(named)
        await expect(operators.connect(seats[0]!).withdrawBond())
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NotLeaving')
          .withArgs(seats[0]!)
      })
    })

    describe('given a slash while leaving', () => {
      it('reverts with the caller, and the slash takes what was leaving', async () => {
        const { operators, oracle, challenger, seats } = await loadFixture(named)
        await operators.connect(seats[0]!).requestExit()
        await operators.connect(oracle).slash(1, 1, challenger)
        await time.increase(DELAY)
        await expect(operators.connect(seats[0]!).withdrawBond())
          .to.be.revertedWithCustomError(operators, 'OperatorSet_Slashed')
          .withArgs(seats[0]!)
        await expect(operators.settleSlash(seats[0]!))
          .to.emit(operators, 'SlashSettled')
          .withArgs(seats[0]!, challenger, 751n, 750n)
      })
    })
  })

  describe('slash', () => {
    it('marks the last of 32 too', async () => {
      const { operators, oracle, challenger, last } = await loadFixture(crowd)
      await operators.connect(oracle).slash(1, 2 ** 31, challenger)
      expect(await operators.slashedBy(last)).to.equal(challenger.address)
    })

    it('marks nobody for a seat that nobody has', async () => {
      const { operators, oracle, challenger } = await loadFixture(named)
      await operators.connect(oracle).slash(1, 1 << 20, challenger)
      expect(await operators.slashedBy(ZeroAddress)).to.equal(ZeroAddress)
    })

    it('marks the signers and nobody else, and moves nothing', async () => {
      const { operators, oracle, challenger, seats, token } = await loadFixture(named)
      const sent = operators.connect(oracle).slash(1, 0b00101, challenger)
      await expect(sent).to.emit(operators, 'Slashed').withArgs(1, 0b00101, challenger)
      await expect(sent).not.to.emit(token, 'Transfer')
      const active = await Promise.all(seats.map(seat => operators.isActive(seat)))
      expect(active).to.deep.equal([false, true, false, true, true])
      const by = await Promise.all(seats.map(seat => operators.slashedBy(seat)))
      expect(by).to.deep.equal([
        challenger.address,
        ZeroAddress,
        challenger.address,
        ZeroAddress,
        ZeroAddress,
      ])
      expect(await operators.bondOf(seats[0]!)).to.equal(1501n)
    })

    it('leaves the first challenger of an account that is marked already', async () => {
      const { operators, oracle, stranger, challenger, seats } = await loadFixture(slashed)
      await operators.connect(oracle).slash(1, 0b00011, stranger)
      expect([await operators.slashedBy(seats[0]!), await operators.slashedBy(seats[1]!)]).to.deep.equal([
        challenger.address,
        stranger.address,
      ])
    })

    it('reaches signers who have left with everything', async () => {
      const { operators, oracle, challenger, seats } = await loadFixture(named)
      await operators.connect(seats[0]!).requestExit()
      await time.increase(DELAY)
      await operators.connect(seats[0]!).withdrawBond()
      await operators.connect(oracle).slash(1, 1, challenger)
      await expect(operators.settleSlash(seats[0]!))
        .to.emit(operators, 'SlashSettled')
        .withArgs(seats[0]!, challenger, 0n, 0n)
    })

    it('costs one slot a signer', async function () {
      if ('__SOLIDITY_COVERAGE_RUNNING' in hre) this.skip()
      const { operators, oracle, challenger } = await loadFixture(named)
      const gasOf = async (signers: number) => {
        const sent = await operators.connect(oracle).slash(1, signers, challenger)
        return (await sent.wait())!.gasUsed
      }
      const [one, four] = [await gasOf(0b00001), await gasOf(0b11110)]
      expect(four - one).to.be.at.most(3n * 8000n)
    })

    describe('given another caller than the oracle', () => {
      it('reverts with the caller, be it the admin', async () => {
        const { operators, admin } = await loadFixture(named)
        await expect(operators.slash(1, 1, admin))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NotOracle')
          .withArgs(admin)
      })
    })
  })

  describe('settleSlash', () => {
    it('burns half and credits half, the odd wei burned, whoever asks', async () => {
      const { operators, challenger, stranger, seats, token } = await loadFixture(slashed)
      const supply = await token.totalSupply()
      await expect(operators.connect(stranger).settleSlash(seats[0]!))
        .to.emit(operators, 'SlashSettled')
        .withArgs(seats[0]!, challenger, 751n, 750n)
      expect(await token.totalSupply()).to.equal(supply - 751n)
      expect(await operators.rewardOf(challenger)).to.equal(750n)
      expect([await operators.bondOf(seats[0]!), await operators.slashedBy(seats[0]!)]).to.deep.equal([
        0n,
        ZeroAddress,
      ])
    })

    it('takes what is in service and what is leaving', async () => {
      const { operators, oracle, challenger, seats } = await loadFixture(named)
      await operators.connect(seats[0]!).requestExit()
      await operators.connect(seats[0]!).bond(1000n)
      await operators.connect(oracle).slash(1, 1, challenger)
      expect(await operators.settleSlash.staticCall(seats[0]!)).to.deep.equal([1251n, 1250n])
      await operators.settleSlash(seats[0]!)
      expect(await operators.leavingOf(seats[0]!)).to.equal(0n)
    })

    it('lets the account bond anew, without its seat', async () => {
      const { operators, seats } = await loadFixture(slashed)
      await operators.settleSlash(seats[0]!)
      await operators.connect(seats[0]!).bond(MINIMUM)
      expect(await operators.isActive(seats[0]!)).to.equal(true)
      const signature = await sign([seats[0]!])
      await expect(operators.requireQuorum(1, DIGEST, seats[1]!, 3, signature))
        .to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
        .withArgs(seats[0]!, 0)
    })

    describe('given no slash, or one that is settled', () => {
      it('reverts with the operator', async () => {
        const { operators, seats } = await loadFixture(slashed)
        await operators.settleSlash(seats[0]!)
        for (const seat of [seats[0]!, seats[1]!]) {
          await expect(operators.settleSlash(seat))
            .to.be.revertedWithCustomError(operators, 'OperatorSet_NotSlashed')
            .withArgs(seat)
        }
      })
    })
  })

  describe('collectReward', () => {
    it('pays the credits of all settled slashes, once', async () => {
      const { operators, challenger, seats, token } = await loadFixture(slashed)
      for (const seat of [seats[0]!, seats[2]!]) await operators.settleSlash(seat)
      await expect(operators.connect(challenger).collectReward())
        .to.emit(operators, 'RewardCollected')
        .withArgs(challenger, 1500n)
      expect(await token.balanceOf(challenger)).to.equal(1500n)
      expect(await token.balanceOf(operators)).to.equal(3n * 1501n)
      await expect(operators.connect(challenger).collectReward())
        .to.be.revertedWithCustomError(operators, 'OperatorSet_NoReward')
        .withArgs(challenger)
    })
  })

  describe('requireQuorum', () => {
    it('takes the last of 32 alone', async () => {
      const { operators, last } = await loadFixture(crowd)
      await operators.requireQuorum(1, DIGEST, last, 2 ** 31, '0x')
    })

    it('takes every quorum, with the sender among the signers or not', async () => {
      const { operators, seats, stranger } = await loadFixture(named)
      for (let i = 0; i < 5; i++) {
        for (let j = i + 1; j < 5; j++) {
          const [one, two] = [seats[i]!, seats[j]!]
          const signers = (1 << i) | (1 << j)
          await operators.requireQuorum(1, DIGEST, stranger, signers, await sign([one, two]))
          await operators.requireQuorum(1, DIGEST, one, signers, await sign([two]))
          await operators.requireQuorum(1, DIGEST, two, signers, await sign([one]))
        }
      }
    })

    it('asks a sender with a seat outside the signers for all signatures', async () => {
      const { operators, seats } = await loadFixture(named)
      await operators.requireQuorum(1, DIGEST, seats[4]!, 3, await sign(seats.slice(0, 2)))
      await expect(operators.requireQuorum(1, DIGEST, seats[4]!, 3, await sign([seats[1]!])))
        .to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
        .withArgs(seats[1]!, 0)
    })

    describe('given fewer or more signers than a quorum', () => {
      it('reverts with both', async () => {
        const { operators, seats } = await loadFixture(named)
        for (const [signers, signed] of [
          [0, []],
          [1, []],
          [7, seats.slice(1, 3)],
        ] as const) {
          await expect(operators.requireQuorum(1, DIGEST, seats[0]!, signers, await sign(signed)))
            .to.be.revertedWithCustomError(operators, 'OperatorSet_WrongQuorum')
            .withArgs(signed.length + Math.sign(signers), 2)
        }
      })
    })

    describe('given too few or too many bytes of signatures', () => {
      it('reverts with both lengths', async () => {
        const { operators, seats } = await loadFixture(named)
        const signature = await sign([seats[1]!])
        for (const wrong of [
          '0x',
          signature.slice(0, -2),
          `${signature}00`,
          signature + signature.slice(2),
        ]) {
          await expect(operators.requireQuorum(1, DIGEST, seats[0]!, 3, wrong))
            .to.be.revertedWithCustomError(operators, 'OperatorSet_SignatureLength')
            .withArgs((wrong.length - 2) / 2, 64)
        }
      })
    })

    describe('given signatures out of order, doubled, of a stranger, of another digest', () => {
      it('reverts with the signer found and the seat', async () => {
        const given = await loadFixture(named)
        const { operators, seats, stranger } = given
        const cases = [
          [3, [seats[1]!, seats[0]!], seats[1]!, 0],
          [3, [seats[0]!, seats[0]!], seats[0]!, 1],
          [3, [seats[0]!, stranger], stranger, 1],
          [1 | (1 << 31), [seats[0]!, seats[4]!], seats[4]!, 31],
        ] as const
        for (const [signers, signed, offender, seat] of cases) {
          await expect(operators.requireQuorum(1, DIGEST, stranger, signers >>> 0, await sign(signed)))
            .to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
            .withArgs(offender, seat)
        }
        await expect(
          operators.requireQuorum(1, id('another'), seats[0]!, 3, await sign([seats[1]!])),
        ).to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
      })
    })

    describe('given the other s of a signature, or no signature at all', () => {
      it('reverts as OpenZeppelin does', async () => {
        const { operators, seats } = await loadFixture(named)
        const signature = await sign([seats[1]!])
        const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
        const [r, vs] = [signature.slice(0, 66), BigInt(`0x${signature.slice(66)}`)]
        const s = order - (vs & ((1n << 255n) - 1n))
        if (s >> 255n === 0n) {
          await expect(operators.requireQuorum(1, DIGEST, seats[0]!, 3, concat([r, toBeHex(s, 32)]))).to.be
            .reverted
        }
        await expect(
          operators.requireQuorum(1, DIGEST, seats[0]!, 3, concat([r, toBeHex((1n << 255n) - 1n, 32)])),
        ).to.be.revertedWithCustomError(operators, 'ECDSAInvalidSignatureS')
        await expect(
          operators.requireQuorum(1, DIGEST, seats[0]!, 3, concat([ZeroHash, ZeroHash])),
        ).to.be.revertedWithCustomError(operators, 'ECDSAInvalidSignature')
      })
    })

    describe('given a signer that left, was slashed or has too small a bond', () => {
      it('reverts with signer and seat, as signer and as sender', async () => {
        const { operators, oracle, challenger, seats } = await loadFixture(named)
        await operators.connect(seats[0]!).requestExit()
        await operators.connect(oracle).slash(1, 0b00010, challenger)
        await operators.connect(seats[2]!).requestExit()
        await operators.connect(seats[2]!).bond(MINIMUM - 1n)
        for (const seat of [0, 2]) {
          const [account, other] = [seats[seat]!, seats[3]!]
          for (const [sender, signed] of [
            [account, [other]],
            [other, [account]],
          ] as const) {
            await expect(operators.requireQuorum(1, DIGEST, sender, (1 << seat) | 8, await sign(signed)))
              .to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
              .withArgs(account, seat)
          }
        }
        await expect(operators.requireQuorum(1, DIGEST, seats[3]!, 0b01010, await sign([seats[1]!])))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
          .withArgs(seats[1]!, 1)
      })
    })

    describe('given an epoch before the first set', () => {
      it('reverts with the epoch', async () => {
        const given: Given = await loadFixture(named)
        const { access, token, operators, admin, oracle } = given
        const fresh = await ethers.deployContract('OperatorSet', [token, access, oracle, 0, DELAY])
        await expect(fresh.requireQuorum(1, DIGEST, admin, 1, '0x'))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NoSet')
          .withArgs(1)
      })
    })
  })
})
