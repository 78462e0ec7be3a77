import { loadFixture, takeSnapshot, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress, ZeroHash } from 'ethers'
import { ethers } from 'hardhat'
import {
  ANSWER,
  DATANET,
  DAY,
  EVIDENCE,
  OPEN_TO_ALL,
  PARAMETERS,
  Ruling,
  SETTLING_TIME,
  STAKE,
  State,
  answered,
  appeal,
  courtSystem,
  escalated,
  open,
  opened,
  pass,
  ruled,
} from './courtSystem'

const BOND = PARAMETERS.bond
const FEE = 10n
const COST = 40n
const STAKED = PARAMETERS.appealStake
const WINNER_NEEDS = COST + STAKED
const LOSER_NEEDS = COST + 2n * STAKED
const BURNED = STAKED / 2n
const POT = WINNER_NEEDS + LOSER_NEEDS - COST - BURNED

async function upheld() {
  return ruled(await escalated(), Ruling.Upheld)
}

async function dismissed() {
  return ruled(await escalated(), Ruling.Dismissed)
}

async function resolvedAs(ruling: Ruling) {
  const given = await ruled(await escalated(), ruling)
  await pass(PARAMETERS.appealPeriod)
  await given.court.resolve(1)
  return given
}

const resolvedUpheld = () => resolvedAs(Ruling.Upheld)

describe('DisputeCourt', () => {
  describe('constructor', () => {
    describe('given a parameter that must not be zero', () => {
      it('reverts', async () => {
        const { court, token, staking, arbitrator, access } = await loadFixture(courtSystem)
        const names = [
          'bond',
          'appealStake',
          'maxSlash',
          'epochLength',
          'answerPeriod',
          'appealPeriod',
          'patience',
        ]
        for (const name of names) {
          const parameters = { ...PARAMETERS, [name]: 0 }
          await expect(
            ethers.deployContract('DisputeCourt', [token, staking, arbitrator, access, parameters]),
          ).to.be.revertedWithCustomError(court, 'DisputeCourt_ZeroParameter')
        }
      })
    })

    describe('given a slash above the cap', () => {
      it('reverts with both', async () => {
        const { court, token, staking, arbitrator, access } = await loadFixture(courtSystem)
        const parameters = { ...PARAMETERS, epochCap: 999n }
        await expect(ethers.deployContract('DisputeCourt', [token, staking, arbitrator, access, parameters]))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_SlashOverCap')
          .withArgs(1000n, 999n)
      })
    })

    describe('given a step that lasts longer than stake is held', () => {
      it('reverts with it and the most', async () => {
        const { court, token, staking, arbitrator, access } = await loadFixture(courtSystem)
        const most = 173 * DAY
        for (const name of ['answerPeriod', 'appealPeriod', 'patience', 'epochLength']) {
          const parameters = { ...PARAMETERS, [name]: most + 1 }
          await expect(
            ethers.deployContract('DisputeCourt', [token, staking, arbitrator, access, parameters]),
          )
            .to.be.revertedWithCustomError(court, 'DisputeCourt_StepTooLong')
            .withArgs(most + 1, most)
        }
        const parameters = { ...PARAMETERS, patience: most }
        await ethers.deployContract('DisputeCourt', [token, staking, arbitrator, access, parameters])
      })
    })

    it('keeps the parameters', async () => {
      const { court, token, staking, arbitrator } = await loadFixture(courtSystem)
      const {
        bond,
        appealStake,
        maxSlash,
        epochCap,
        epochLength,
        answerPeriod,
        appealPeriod,
        patience,
        maxAppeals,
      } = PARAMETERS
      expect(await court.parameters()).to.deep.equal([
        ...[bond, appealStake, maxSlash, epochCap],
        ...[epochLength, answerPeriod, appealPeriod, patience, maxAppeals].map(BigInt),
      ])
      expect(await court.token()).to.equal(token)
      expect(await court.staking()).to.equal(staking)
      expect(await court.arbitrator()).to.equal(arbitrator)
    })
  })

  describe('open', () => {
    it('takes the bond and the fee', async () => {
      const given = await loadFixture(courtSystem)
      const { court, token, challenger, accused } = given
      await expect(open(given))
        .to.emit(court, 'DisputeOpened')
        .withArgs(1, DATANET, accused, challenger, EVIDENCE, BOND, FEE)
      expect(await token.balanceOf(court)).to.equal(BOND + FEE)
      const dispute = await court.disputeOf(1)
      expect(dispute.state).to.equal(State.Answering)
      expect(dispute.deadline).to.equal((await time.latest()) + PARAMETERS.answerPeriod)
      expect(await court.disputeCount()).to.equal(1)
    })

    describe('given nobody is accused', () => {
      it('reverts', async () => {
        const { court } = await loadFixture(courtSystem)
        await expect(court.open(DATANET, ZeroAddress, EVIDENCE)).to.be.revertedWithCustomError(
          court,
          'DisputeCourt_ZeroAccused',
        )
      })
    })
  })

  describe('answer', () => {
    it('takes an equal bond', async () => {
      const { court, token, defender } = await loadFixture(opened)
      await pass(OPEN_TO_ALL)
      await expect(court.connect(defender).answer(1, ANSWER))
        .to.emit(court, 'DisputeAnswered')
        .withArgs(1, defender, ANSWER)
      expect(await token.balanceOf(court)).to.equal(2n * BOND + FEE)
    })

    describe('given the first half of the answer period', () => {
      it('takes the answer of the accused only', async () => {
        const { court, challenger, accused } = await loadFixture(opened)
        const half = (await court.disputeOf(1)).deadline - BigInt(OPEN_TO_ALL)
        await time.setNextBlockTimestamp(half - 1n)
        await expect(court.connect(challenger).answer(1, ANSWER))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_AccusedFirst')
          .withArgs(challenger, half)
        const before = await takeSnapshot()
        await time.setNextBlockTimestamp(half)
        await court.connect(challenger).answer(1, ANSWER)
        await before.restore()
        await expect(court.connect(accused).answer(1, ANSWER))
          .to.emit(court, 'DisputeAnswered')
          .withArgs(1, accused, ANSWER)
      })
    })

    describe('given it was answered', () => {
      it('reverts with time and bound', async () => {
        const { court, accused } = await loadFixture(answered)
        const { deadline } = await court.disputeOf(1)
        await time.setNextBlockTimestamp(deadline + 1n)
        await expect(court.connect(accused).answer(1, ANSWER))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_TooLate')
          .withArgs(deadline + 1n, deadline)
      })
    })

    describe('given the answer period has passed', () => {
      it('reverts with time and bound', async () => {
        const { court, defender } = await loadFixture(opened)
        const { deadline } = await court.disputeOf(1)
        await time.setNextBlockTimestamp(deadline)
        await expect(court.connect(defender).answer(1, ANSWER))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_TooLate')
          .withArgs(deadline, deadline)
      })
    })

    describe('given no such dispute', () => {
      it('reverts with its state', async () => {
        const { court } = await loadFixture(opened)
        await expect(court.answer(2, ANSWER))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_WrongState')
          .withArgs(2, State.None)
      })
    })
  })

  describe('escalate', () => {
    it('gives an answered dispute to the arbitrator at once, with its fee', async () => {
      const { court, token, arbitrator } = await loadFixture(answered)
      await expect(court.escalate(1)).to.emit(court, 'DisputeEscalated').withArgs(1, arbitrator, 1, FEE)
      expect(await token.balanceOf(arbitrator)).to.equal(FEE)
      expect(await token.balanceOf(court)).to.equal(2n * BOND)
      expect((await court.disputeOf(1)).state).to.equal(State.Arbitrating)
    })

    it('gives one that nobody answered when the answer period has passed', async () => {
      const { court } = await loadFixture(opened)
      await pass(PARAMETERS.answerPeriod)
      await expect(court.escalate(1)).to.emit(court, 'DisputeEscalated')
    })

    describe('given it can still be answered', () => {
      it('reverts with time and bound', async () => {
        const { court } = await loadFixture(opened)
        const { deadline } = await court.disputeOf(1)
        await time.setNextBlockTimestamp(deadline - 1n)
        await expect(court.escalate(1))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_TooEarly')
          .withArgs(deadline - 1n, deadline)
      })
    })

    describe('given the cost fell', () => {
      it('credits the challenger the difference', async () => {
        const { court, arbitrator, challenger } = await loadFixture(answered)
        await arbitrator.setCosts(3n, COST)
        await court.escalate(1)
        expect(await court.creditOf(challenger)).to.equal(7n)
      })
    })

    describe('given the cost rose', () => {
      it('takes the difference from the caller', async () => {
        const { court, token, arbitrator, crowd } = await loadFixture(answered)
        await arbitrator.setCosts(15n, COST)
        await expect(court.connect(crowd[0]!).escalate(1)).to.changeTokenBalances(
          token,
          [crowd[0]!, court, arbitrator],
          [-5n, -FEE, 15n],
        )
      })
    })

    describe('given it was escalated', () => {
      it('reverts with its state', async () => {
        const { court } = await loadFixture(escalated)
        await expect(court.escalate(1))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_WrongState')
          .withArgs(1, State.Arbitrating)
      })
    })
  })

  describe('rule', () => {
    it('opens the appeal window', async () => {
      const { court, arbitrator } = await loadFixture(escalated)
      const at = (await time.latest()) + 7
      await time.setNextBlockTimestamp(at)
      await expect(arbitrator.giveRuling(1, Ruling.Upheld))
        .to.emit(court, 'DisputeRuled')
        .withArgs(1, 0, Ruling.Upheld, at + PARAMETERS.appealPeriod)
      const round = await court.roundOf(1, 0)
      expect([round.cost, round.stake]).to.deep.equal([COST, STAKED])
    })

    it('takes the appeal cost as stake when that is more', async () => {
      const { court, arbitrator } = await loadFixture(escalated)
      await arbitrator.setCosts(FEE, 70n)
      await arbitrator.giveRuling(1, Ruling.Upheld)
      expect(await court.neededFor(1, Ruling.Upheld)).to.equal(140n)
      expect(await court.neededFor(1, Ruling.Dismissed)).to.equal(210n)
    })

    it("shortens the window to the arbitrator's", async () => {
      const { court, arbitrator } = await loadFixture(escalated)
      const deadline = (await time.latest()) + DAY
      await arbitrator.setDeadline(deadline)
      await arbitrator.giveRuling(1, Ruling.Upheld)
      expect((await court.disputeOf(1)).deadline).to.equal(deadline)
    })

    describe('given an arbitrator without appeals', () => {
      it('can be resolved at once', async () => {
        const { court, arbitrator } = await loadFixture(escalated)
        await arbitrator.setDeadline(0)
        await arbitrator.giveRuling(1, Ruling.Upheld)
        await expect(court.resolve(1)).to.emit(court, 'DisputeResolved')
      })
    })

    describe('given another caller than the arbitrator', () => {
      it('reverts with caller and id', async () => {
        const { court, challenger } = await loadFixture(escalated)
        await expect(court.connect(challenger).rule(1, Ruling.Upheld))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_NotArbitrator')
          .withArgs(challenger, 1)
      })
    })

    describe('given the round was ruled', () => {
      it('reverts with the state', async () => {
        const { court, arbitrator } = await loadFixture(upheld)
        await expect(arbitrator.giveRuling(1, Ruling.Dismissed))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_WrongState')
          .withArgs(1, State.Appealable)
      })
    })

    describe('given an arbitrator that was replaced', () => {
      it('still takes its ruling on the disputes that it has', async () => {
        const { court, arbitrator, challenger } = await loadFixture(escalated)
        await court.setArbitrator(challenger)
        await expect(arbitrator.giveRuling(1, Ruling.Upheld)).to.emit(court, 'DisputeRuled')
      })
    })
  })

  describe('fundAppeal', () => {
    it('asks the favoured side for cost and stake, the other for cost and twice the stake', async () => {
      const { court } = await loadFixture(upheld)
      expect(await court.neededFor(1, Ruling.Upheld)).to.equal(WINNER_NEEDS)
      expect(await court.neededFor(1, Ruling.Dismissed)).to.equal(LOSER_NEEDS)
    })

    it('asks the same of both sides after a refusal, for the whole window', async () => {
      const given = await loadFixture(escalated)
      const { court, crowd } = given
      await ruled(given, Ruling.Refused)
      expect(await court.neededFor(1, Ruling.Upheld)).to.equal(WINNER_NEEDS)
      expect(await court.neededFor(1, Ruling.Dismissed)).to.equal(WINNER_NEEDS)
      await pass(PARAMETERS.appealPeriod - 60)
      await appeal(given, crowd[0]!, crowd[1]!, Ruling.Upheld)
      expect((await court.disputeOf(1)).appeals).to.equal(1)
    })

    it('takes no more than the side needs, from anyone', async () => {
      const { court, token, crowd } = await loadFixture(upheld)
      await court.connect(crowd[0]!).fundAppeal(1, Ruling.Dismissed, 100n)
      const sent = court.connect(crowd[1]!).fundAppeal(1, Ruling.Dismissed, 100n)
      await expect(sent)
        .to.emit(court, 'AppealFunded')
        .withArgs(1, 0, Ruling.Dismissed, crowd[1]!, LOSER_NEEDS - 100n)
      await expect(sent).to.changeTokenBalance(token, crowd[1]!, 100n - LOSER_NEEDS)
      expect(await court.contributionOf(1, 0, Ruling.Dismissed, crowd[0]!)).to.equal(100n)
    })

    it('appeals when both sides are full', async () => {
      const given = await loadFixture(upheld)
      const { court, token, arbitrator, crowd } = given
      await court.connect(crowd[0]!).fundAppeal(1, Ruling.Dismissed, LOSER_NEEDS)
      const sent = court.connect(crowd[1]!).fundAppeal(1, Ruling.Upheld, WINNER_NEEDS)
      await expect(sent).to.emit(court, 'DisputeAppealed').withArgs(1, 0, COST, BURNED)
      await expect(sent).to.changeTokenBalances(
        token,
        [crowd[1]!, court, arbitrator],
        [-WINNER_NEEDS, WINNER_NEEDS - COST - BURNED, COST],
      )
      expect((await court.disputeOf(1)).state).to.equal(State.Arbitrating)
    })

    it('costs who funds both sides half of a stake for each delay, even if the arbitrator takes nothing', async () => {
      const given = await loadFixture(upheld)
      const { court, token, arbitrator, accused } = given
      await arbitrator.setCosts(0n, 0n)
      const [before, supply] = [await token.balanceOf(accused), await token.totalSupply()]
      for (let round = 0; round < PARAMETERS.maxAppeals; round++) {
        await appeal(given, accused, accused, Ruling.Upheld)
        await ruled(given, Ruling.Upheld)
      }
      expect(await token.totalSupply()).to.equal(supply - 2n * BURNED)
      await court.resolve(1)
      for (const round of [0, 1]) await court.claimContribution(1, round, Ruling.Upheld, accused)
      await court.connect(accused).collect()
      // What the first appeal was expected to cost comes back, too.
      expect(await token.balanceOf(accused)).to.equal(before - 2n * BURNED)
    })

    describe('given the half of the window has passed', () => {
      it('reverts for the other side with time and bound, and takes the favoured', async () => {
        const { court, crowd } = await loadFixture(upheld)
        const { ruledAt, deadline } = await court.disputeOf(1)
        const half = (ruledAt + deadline) / 2n
        await time.setNextBlockTimestamp(half)
        await expect(court.connect(crowd[0]!).fundAppeal(1, Ruling.Dismissed, 1n))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_TooLate')
          .withArgs(half, half)
        await court.connect(crowd[0]!).fundAppeal(1, Ruling.Upheld, 1n)
        await time.setNextBlockTimestamp(deadline)
        await expect(court.connect(crowd[0]!).fundAppeal(1, Ruling.Upheld, 1n))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_TooLate')
          .withArgs(deadline, deadline)
      })
    })

    describe('given a side that needs nothing, or an offer of nothing', () => {
      it('reverts with the side', async () => {
        const { court, crowd } = await loadFixture(upheld)
        await court.connect(crowd[0]!).fundAppeal(1, Ruling.Upheld, WINNER_NEEDS)
        for (const [side, amount] of [
          [Ruling.Upheld, 1n],
          [Ruling.Dismissed, 0n],
        ] as const) {
          await expect(court.connect(crowd[0]!).fundAppeal(1, side, amount))
            .to.be.revertedWithCustomError(court, 'DisputeCourt_NothingToFund')
            .withArgs(1, side)
        }
      })
    })

    describe('given no side', () => {
      it('reverts', async () => {
        const { court, crowd } = await loadFixture(upheld)
        await expect(court.connect(crowd[0]!).fundAppeal(1, Ruling.Refused, 1n))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_NoSide')
          .withArgs(Ruling.Refused)
      })
    })

    describe('given the cost rose since the ruling', () => {
      it('reverts with both, and everybody gets its contribution back', async () => {
        const { court, arbitrator, crowd } = await loadFixture(upheld)
        await court.connect(crowd[0]!).fundAppeal(1, Ruling.Dismissed, LOSER_NEEDS)
        await arbitrator.setCosts(FEE, COST + 1n)
        await expect(court.connect(crowd[1]!).fundAppeal(1, Ruling.Upheld, WINNER_NEEDS))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_AppealCostRose')
          .withArgs(COST + 1n, COST)
        await pass(PARAMETERS.appealPeriod)
        await court.resolve(1)
        await court.claimContribution(1, 0, Ruling.Dismissed, crowd[0]!)
        expect(await court.creditOf(crowd[0]!)).to.equal(LOSER_NEEDS)
      })
    })

    describe('given the most appeals were made', () => {
      it('reverts, and the ruling can be resolved at once', async () => {
        const given = await loadFixture(upheld)
        const { court, crowd } = given
        for (let round = 0; round < PARAMETERS.maxAppeals; round++) {
          await appeal(given, crowd[0]!, crowd[1]!, Ruling.Upheld)
          await ruled(given, Ruling.Upheld)
        }
        await expect(court.connect(crowd[0]!).fundAppeal(1, Ruling.Upheld, 1n)).to.be.revertedWithCustomError(
          court,
          'DisputeCourt_TooLate',
        )
        await expect(court.resolve(1)).to.emit(court, 'DisputeResolved')
      })
    })

    describe('given the dispute is not ruled', () => {
      it('reverts with the state', async () => {
        const { court } = await loadFixture(escalated)
        await expect(court.fundAppeal(1, Ruling.Upheld, 1n))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_WrongState')
          .withArgs(1, State.Arbitrating)
      })
    })
  })

  describe('resolve', () => {
    it('gives the challenger both bonds less half of one, if upheld', async () => {
      const given = await loadFixture(upheld)
      const { court, token, challenger, defender } = given
      const supply = await token.totalSupply()
      await pass(PARAMETERS.appealPeriod)
      await expect(court.resolve(1))
        .to.emit(court, 'DisputeResolved')
        .withArgs(1, Ruling.Upheld, BOND / 2n)
      expect(await court.creditOf(challenger)).to.equal(2n * BOND - BOND / 2n)
      expect(await court.creditOf(defender)).to.equal(0n)
      expect(await token.totalSupply()).to.equal(supply - BOND / 2n)
      expect((await court.disputeOf(1)).slashDue).to.equal(PARAMETERS.maxSlash)
    })

    it('gives the challenger its bond if upheld and unanswered', async () => {
      const given = await loadFixture(opened)
      const { court, challenger } = given
      await pass(PARAMETERS.answerPeriod)
      await court.escalate(1)
      await ruled(given, Ruling.Upheld)
      await pass(PARAMETERS.appealPeriod)
      await expect(court.resolve(1)).to.emit(court, 'DisputeResolved').withArgs(1, Ruling.Upheld, 0n)
      expect(await court.creditOf(challenger)).to.equal(BOND)
    })

    it('gives the defender both bonds less half of one, if dismissed', async () => {
      const { court, challenger, defender, accused } = await loadFixture(dismissed)
      await pass(PARAMETERS.appealPeriod)
      await court.resolve(1)
      expect(await court.creditOf(defender)).to.equal(2n * BOND - BOND / 2n)
      expect(await court.creditOf(challenger)).to.equal(0n)
      expect(await court.creditOf(accused)).to.equal(0n)
      expect((await court.disputeOf(1)).slashDue).to.equal(0n)
    })

    it('gives the accused half of the bond if dismissed and unanswered', async () => {
      const given = await loadFixture(opened)
      const { court, accused } = given
      await pass(PARAMETERS.answerPeriod)
      await court.escalate(1)
      await ruled(given, Ruling.Dismissed)
      await pass(PARAMETERS.appealPeriod)
      await court.resolve(1)
      expect(await court.creditOf(accused)).to.equal(BOND - BOND / 2n)
    })

    it('gives the bond back if refused and unanswered', async () => {
      const given = await loadFixture(opened)
      const { court, challenger, accused } = given
      await pass(PARAMETERS.answerPeriod)
      await court.escalate(1)
      await ruled(given, Ruling.Refused)
      await pass(PARAMETERS.appealPeriod)
      await court.resolve(1)
      expect(await court.creditOf(challenger)).to.equal(BOND)
      expect(await court.creditOf(accused)).to.equal(0n)
    })

    it('gives both bonds back if refused, and burns nothing', async () => {
      const given = await loadFixture(escalated)
      const { court, challenger, defender } = given
      await ruled(given, Ruling.Refused)
      await pass(PARAMETERS.appealPeriod)
      await expect(court.resolve(1)).to.emit(court, 'DisputeResolved').withArgs(1, Ruling.Refused, 0n)
      expect(await court.creditOf(challenger)).to.equal(BOND)
      expect(await court.creditOf(defender)).to.equal(BOND)
    })

    describe('given the appeal window is open', () => {
      it('reverts with time and bound', async () => {
        const { court } = await loadFixture(upheld)
        const { deadline } = await court.disputeOf(1)
        await time.setNextBlockTimestamp(deadline - 1n)
        await expect(court.resolve(1))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_TooEarly')
          .withArgs(deadline - 1n, deadline)
      })
    })

    describe('given it is with the arbitrator', () => {
      it('reverts with the state', async () => {
        const { court } = await loadFixture(escalated)
        await expect(court.resolve(1))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_WrongState')
          .withArgs(1, State.Arbitrating)
      })
    })
  })

  describe('the hold', () => {
    it('follows the dispute: each step for as long as it can last', async () => {
      const given = await loadFixture(courtSystem)
      const { court, staking, accused, defender, crowd } = given
      const expectHeld = async (seconds: number) =>
        expect(await staking.heldUntil(accused, DATANET)).to.equal(
          (await time.latest()) + seconds + SETTLING_TIME,
        )
      await expect(open(given)).to.emit(staking, 'Held')
      await expectHeld(PARAMETERS.answerPeriod)
      await pass(OPEN_TO_ALL)
      await expect(court.connect(defender).answer(1, ANSWER)).not.to.emit(staking, 'Held')
      await court.escalate(1)
      await expectHeld(PARAMETERS.patience)
      await pass(PARAMETERS.patience - 60)
      await ruled(given, Ruling.Upheld)
      await expectHeld(PARAMETERS.appealPeriod)
      await appeal(given, crowd[0]!, crowd[1]!, Ruling.Upheld)
      await expectHeld(PARAMETERS.patience)
      await pass(PARAMETERS.patience)
      await court.expire(1)
      await expectHeld(PARAMETERS.epochLength)
      await expect(court.executeSlash(1)).not.to.emit(staking, 'Held')
    })

    it('keeps stake that began to leave until it is slashed, whatever appeals its owner pays for', async () => {
      const given = await loadFixture(opened)
      const { court, staking, accused, challenger } = given
      await staking.connect(accused).requestExit(DATANET, STAKE)
      await pass(PARAMETERS.answerPeriod)
      await court.escalate(1)
      for (let round = 0; round <= PARAMETERS.maxAppeals; round++) {
        await pass(PARAMETERS.patience - 60)
        await ruled(given, Ruling.Upheld)
        if (round < PARAMETERS.maxAppeals) await appeal(given, accused, accused, Ruling.Upheld)
      }
      expect((await staking.positionOf(accused, DATANET)).exitAt).to.be.lessThan(await time.latest())
      await expect(staking.connect(accused).withdraw(DATANET)).to.be.revertedWithCustomError(
        staking,
        'DatanetStaking_ExitPending',
      )
      await court.resolve(1)
      await court.executeSlash(1)
      expect(await staking.creditOf(challenger)).to.equal(PARAMETERS.maxSlash / 2n)
      await time.increaseTo(await staking.withdrawableAt(accused, DATANET))
      await staking.connect(accused).withdraw(DATANET)
    })

    it("is renewed while the epoch's cap puts a slash off", async () => {
      const given = await loadFixture(courtSystem)
      const { court, arbitrator, staking, accused } = given
      await arbitrator.setDeadline(0)
      await time.increaseTo(BigInt(PARAMETERS.epochLength) * ((await court.currentEpoch()) + 1n))
      for (const disputeId of [1, 2]) {
        await open(given)
        await court.connect(accused).answer(disputeId, ANSWER)
        await court.escalate(disputeId)
        await arbitrator.giveRuling(disputeId, Ruling.Upheld)
        await court.resolve(disputeId)
      }
      await court.executeSlash(1)
      await court.executeSlash(2)
      const until = (await time.latest()) + PARAMETERS.epochLength + SETTLING_TIME
      expect(await staking.heldUntil(accused, DATANET)).to.equal(until)
    })

    describe('given the staking contract refuses', () => {
      it('goes on without, and says so', async () => {
        const given = await loadFixture(courtSystem)
        const { court, access } = given
        await access.revokeRole(3, court)
        await expect(open(given)).to.emit(court, 'HoldRefused').withArgs(1)
        await pass(PARAMETERS.answerPeriod)
        await expect(court.escalate(1)).to.emit(court, 'HoldRefused').withArgs(1)
        await ruled(given, Ruling.Upheld)
        await pass(PARAMETERS.appealPeriod)
        await expect(court.resolve(1)).to.emit(court, 'HoldRefused').withArgs(1)
      })
    })

    describe('given a caller that leaves it too little gas', () => {
      it('does not begin the step either', async () => {
        const given = await loadFixture(opened)
        const { court, staking, crowd, accused } = given
        await pass(PARAMETERS.answerPeriod)
        const held = await staking.heldUntil(accused, DATANET)
        const full = await court.escalate.estimateGas(1)
        for (let gasLimit = 40_000n; gasLimit < full; gasLimit += 2_500n) {
          const before = await takeSnapshot()
          const sent = await court
            .connect(crowd[0]!)
            .escalate(1, { gasLimit })
            .catch(() => undefined)
          if (sent)
            expect(await staking.heldUntil(accused, DATANET), `${gasLimit} gas`).to.be.greaterThan(held)
          await before.restore()
        }
      })
    })
  })

  describe('bondFor', () => {
    it('doubles for every dispute dismissed in the epoch, up to half of a slash, and starts anew', async () => {
      const given = await loadFixture(courtSystem)
      const { court, accused, challenger } = given
      // One epoch long enough for eight disputes in a row: each takes a few seconds when the arbitrator has no appeals.
      await given.arbitrator.setDeadline(0)
      await time.increaseTo(BigInt(PARAMETERS.epochLength) * ((await court.currentEpoch()) + 1n))
      expect(BOND * 8n).to.be.greaterThan(PARAMETERS.maxSlash / 2n)
      for (let count = 0; count < 8; count++) {
        expect(await court.bondFor(accused)).to.equal(BOND << BigInt(Math.min(count, 2)))
        await open(given)
        await court.connect(accused).answer(count + 1, ANSWER)
        await court.escalate(count + 1)
        await given.arbitrator.giveRuling(count + 1, Ruling.Dismissed)
        await court.resolve(count + 1)
      }
      expect(await court.dismissedIn(await court.currentEpoch(), accused)).to.equal(8)
      expect(await court.bondFor(challenger)).to.equal(BOND)
      await pass(PARAMETERS.epochLength)
      expect(await court.bondFor(accused)).to.equal(BOND)
    })

    it('is the whole bond even where that is more than half of a slash', async () => {
      const { token, staking, arbitrator, access, accused } = await loadFixture(courtSystem)
      const parameters = { ...PARAMETERS, maxSlash: 1n }
      const court = await ethers.deployContract('DisputeCourt', [
        ...[token, staking, arbitrator, access, parameters],
      ])
      expect(await court.bondFor(accused)).to.equal(BOND)
    })
  })

  describe('expire', () => {
    it('gives bonds and fee back when the arbitrator never takes the dispute', async () => {
      const { court, challenger, defender } = await loadFixture(answered)
      await pass(PARAMETERS.patience)
      await expect(court.expire(1)).to.emit(court, 'DisputeResolved').withArgs(1, Ruling.Refused, 0n)
      expect(await court.creditOf(challenger)).to.equal(BOND + FEE)
      expect((await court.disputeOf(1)).fee).to.equal(0n)
      expect(await court.creditOf(defender)).to.equal(BOND)
    })

    it('gives bonds back when the arbitrator never rules', async () => {
      const { court, arbitrator, challenger } = await loadFixture(escalated)
      await pass(PARAMETERS.patience)
      await court.expire(1)
      expect(await court.creditOf(challenger)).to.equal(BOND)
      await expect(arbitrator.giveRuling(1, Ruling.Upheld))
        .to.be.revertedWithCustomError(court, 'DisputeCourt_WrongState')
        .withArgs(1, State.Resolved)
    })

    it('lets the last ruling stand when the arbitrator never rules on an appeal', async () => {
      const given = await loadFixture(upheld)
      const { court, crowd } = given
      await appeal(given, crowd[0]!, crowd[1]!, Ruling.Upheld)
      const earliest = (await time.latest()) + PARAMETERS.patience
      await time.setNextBlockTimestamp(earliest - 1)
      await expect(court.expire(1))
        .to.be.revertedWithCustomError(court, 'DisputeCourt_TooEarly')
        .withArgs(earliest - 1, earliest)
      await expect(court.expire(1))
        .to.emit(court, 'DisputeResolved')
        .withArgs(1, Ruling.Upheld, BOND / 2n)
    })

    describe('given there is still time', () => {
      it('reverts with time and bound', async () => {
        const { court } = await loadFixture(escalated)
        const { deadline } = await court.disputeOf(1)
        await time.setNextBlockTimestamp(deadline - 1n)
        await expect(court.expire(1))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_TooEarly')
          .withArgs(deadline - 1n, deadline)
      })

      it('waits for an escalation from the end of the answer period', async () => {
        const { court } = await loadFixture(opened)
        const earliest = (await court.disputeOf(1)).deadline + BigInt(PARAMETERS.patience)
        await time.setNextBlockTimestamp(earliest - 1n)
        await expect(court.expire(1))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_TooEarly')
          .withArgs(earliest - 1n, earliest)
      })
    })

    describe('given it can be resolved', () => {
      it('reverts with the state', async () => {
        const { court } = await loadFixture(upheld)
        await expect(court.expire(1))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_WrongState')
          .withArgs(1, State.Appealable)
      })
    })
  })

  describe('executeSlash', () => {
    it('takes the stake, half for the challenger', async () => {
      const { court, staking, challenger, accused } = await loadFixture(resolvedUpheld)
      await expect(court.executeSlash(1))
        .to.emit(court, 'StakeSlashed')
        .withArgs(1, accused, PARAMETERS.maxSlash, PARAMETERS.maxSlash)
      expect(await staking.creditOf(challenger)).to.equal(PARAMETERS.maxSlash / 2n)
      expect(await staking.stakeOf(accused)).to.equal(STAKE - PARAMETERS.maxSlash)
    })

    it("stops at the epoch's cap and goes on in the next epoch", async () => {
      const given = await loadFixture(courtSystem)
      const { court, arbitrator, accused, staking } = given
      await arbitrator.setDeadline(0)
      for (const disputeId of [1, 2]) {
        await open(given)
        await court.connect(given.accused).answer(disputeId, ANSWER)
        await court.escalate(disputeId)
        await arbitrator.giveRuling(disputeId, Ruling.Upheld)
        await court.resolve(disputeId)
      }
      await time.increaseTo(BigInt(PARAMETERS.epochLength) * ((await court.currentEpoch()) + 1n))
      await court.executeSlash(1)
      await expect(court.executeSlash(2)).to.emit(court, 'StakeSlashed').withArgs(2, accused, 500n, 500n)
      expect(await court.slashedIn(await court.currentEpoch())).to.equal(PARAMETERS.epochCap)
      await expect(court.executeSlash(2))
        .to.be.revertedWithCustomError(court, 'DisputeCourt_NothingToSlash')
        .withArgs(2, 500n)
      await pass(PARAMETERS.epochLength)
      await court.executeSlash(2)
      expect(await staking.stakeOf(accused)).to.equal(STAKE - 2000n)
    })

    it('waives what the accused does not have', async () => {
      const given = await loadFixture(resolvedUpheld)
      const { court, staking, access, owner, accused } = given
      await access.setTargetFunctionRole(staking, [staking.interface.getFunction('slash').selector], 9)
      await access.grantRole(9, owner, 0)
      await staking.slash(accused, DATANET, STAKE - 300n, ZeroAddress)
      await access.grantRole(9, court, 0)
      await expect(court.executeSlash(1)).to.emit(court, 'StakeSlashed').withArgs(1, accused, 1000n, 300n)
      expect(await court.slashedIn(await court.currentEpoch())).to.equal(300n)
      await expect(court.executeSlash(1))
        .to.be.revertedWithCustomError(court, 'DisputeCourt_NothingToSlash')
        .withArgs(1, 0n)
    })

    describe('given the staking contract refuses', () => {
      it('reverts, can be tried again, and keeps nobody from its bond', async () => {
        const { court, staking, access, challenger } = await loadFixture(resolvedUpheld)
        await access.revokeRole(3, court)
        await expect(court.executeSlash(1))
          .to.be.revertedWithCustomError(staking, 'AccessManagedUnauthorized')
          .withArgs(court)
        await court.connect(challenger).collect()
        await access.grantRole(3, court, 0)
        await court.executeSlash(1)
      })
    })

    describe('given nothing to slash', () => {
      it('reverts', async () => {
        const { court } = await loadFixture(dismissed)
        await pass(PARAMETERS.appealPeriod)
        await court.resolve(1)
        await expect(court.executeSlash(1))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_NothingToSlash')
          .withArgs(1, 0n)
      })
    })
  })

  describe('claimContribution', () => {
    /** Upheld; an appeal funded by three; then ruled as said. */
    async function appealedTo(ruling: Ruling) {
      const given = await upheld()
      const { court, crowd } = given
      await court.connect(crowd[0]!).fundAppeal(1, Ruling.Dismissed, LOSER_NEEDS)
      await court.connect(crowd[1]!).fundAppeal(1, Ruling.Upheld, 33n)
      await court.connect(crowd[2]!).fundAppeal(1, Ruling.Upheld, WINNER_NEEDS)
      await ruled(given, ruling)
      await pass(PARAMETERS.appealPeriod)
      await court.resolve(1)
      return given
    }
    const appealedToUpheld = () => appealedTo(Ruling.Upheld)
    const appealedToRefused = () => appealedTo(Ruling.Refused)
    const appealedToDismissed = () => appealedTo(Ruling.Dismissed)

    it('shares what both sides paid, less the cost and the burned half stake, among the side that won, to the wei', async () => {
      const { court, crowd } = await loadFixture(appealedToUpheld)
      const share = (POT * 33n) / WINNER_NEEDS
      await expect(court.claimContribution(1, 0, Ruling.Upheld, crowd[1]!))
        .to.emit(court, 'ContributionClaimed')
        .withArgs(1, 0, Ruling.Upheld, crowd[1]!, share)
      await court.claimContribution(1, 0, Ruling.Upheld, crowd[2]!)
      expect(await court.creditOf(crowd[1]!)).to.equal(share)
      expect(await court.creditOf(crowd[2]!)).to.equal(POT - share)
      expect(share).to.be.above(33n)
    })

    it('rewards the side that the first ruling was against, if it was right', async () => {
      const { court, crowd } = await loadFixture(appealedToDismissed)
      await court.claimContribution(1, 0, Ruling.Dismissed, crowd[0]!)
      expect(await court.creditOf(crowd[0]!)).to.equal(POT)
      expect(POT).to.be.above(LOSER_NEEDS)
    })

    it('shares the cost among all if the arbitrator refused', async () => {
      const { court, crowd } = await loadFixture(appealedToRefused)
      await court.claimContribution(1, 0, Ruling.Dismissed, crowd[0]!)
      await court.claimContribution(1, 0, Ruling.Upheld, crowd[1]!)
      await court.claimContribution(1, 0, Ruling.Upheld, crowd[2]!)
      const credits = await Promise.all(crowd.slice(0, 3).map(account => court.creditOf(account)))
      expect(credits.reduce((sum, credit) => sum + credit)).to.equal(POT)
      expect(credits[0]).to.equal((POT * LOSER_NEEDS) / (WINNER_NEEDS + LOSER_NEEDS))
    })

    it('shares what the appeal cost less than expected', async () => {
      const given = await loadFixture(upheld)
      const { court, arbitrator, crowd } = given
      await arbitrator.setCosts(FEE, COST - 15n)
      await appeal(given, crowd[0]!, crowd[1]!, Ruling.Upheld)
      await ruled(given, Ruling.Upheld)
      await pass(PARAMETERS.appealPeriod)
      await court.resolve(1)
      await court.claimContribution(1, 0, Ruling.Upheld, crowd[0]!)
      expect(await court.creditOf(crowd[0]!)).to.equal(POT + 15n)
    })

    it('pays an appeal that was not made back in full', async () => {
      const { court, crowd } = await loadFixture(upheld)
      await court.connect(crowd[0]!).fundAppeal(1, Ruling.Dismissed, 77n)
      await court.connect(crowd[1]!).fundAppeal(1, Ruling.Upheld, 33n)
      await pass(PARAMETERS.appealPeriod)
      await court.resolve(1)
      await court.claimContribution(1, 0, Ruling.Dismissed, crowd[0]!)
      await court.claimContribution(1, 0, Ruling.Upheld, crowd[1]!)
      expect(await court.creditOf(crowd[0]!)).to.equal(77n)
      expect(await court.creditOf(crowd[1]!)).to.equal(33n)
    })

    describe('given the side that lost, a stranger, or a second claim', () => {
      it('reverts with the contributor', async () => {
        const { court, crowd } = await loadFixture(appealedToUpheld)
        await court.claimContribution(1, 0, Ruling.Upheld, crowd[1]!)
        for (const [side, who] of [
          [Ruling.Dismissed, crowd[0]!],
          [Ruling.Upheld, crowd[3]!],
          [Ruling.Upheld, crowd[1]!],
        ] as const) {
          await expect(court.claimContribution(1, 0, side, who))
            .to.be.revertedWithCustomError(court, 'DisputeCourt_NothingToClaim')
            .withArgs(1, who)
        }
      })
    })

    describe('given the dispute is not resolved', () => {
      it('reverts with the state', async () => {
        const { court, crowd } = await loadFixture(upheld)
        await expect(court.claimContribution(1, 0, Ruling.Upheld, crowd[0]!))
          .to.be.revertedWithCustomError(court, 'DisputeCourt_WrongState')
          .withArgs(1, State.Appealable)
      })
    })
  })

  describe('collect', () => {
    it('pays the credit once', async () => {
      const { court, token, challenger } = await loadFixture(resolvedUpheld)
      const credit = await court.creditOf(challenger)
      const sent = court.connect(challenger).collect()
      await expect(sent).to.emit(court, 'CreditCollected').withArgs(challenger, credit)
      await expect(sent).to.changeTokenBalance(token, challenger, credit)
      await expect(court.connect(challenger).collect())
        .to.be.revertedWithCustomError(court, 'DisputeCourt_NoCredit')
        .withArgs(challenger)
    })
  })

  describe('setArbitrator', () => {
    it('is for later disputes', async () => {
      const given = await loadFixture(opened)
      const { court, arbitrator, challenger } = given
      const next = await ethers.deployContract('FeeArbitratorMock', [await court.token(), 0n, 0n])
      await expect(court.setArbitrator(next)).to.emit(court, 'ArbitratorSet').withArgs(next)
      await open(given)
      expect((await court.disputeOf(1)).arbitrator).to.equal(arbitrator)
      expect((await court.disputeOf(2)).arbitrator).to.equal(next)
      expect((await court.disputeOf(2)).answerDigest).to.equal(ZeroHash)
      await expect(court.connect(challenger).setArbitrator(next))
        .to.be.revertedWithCustomError(court, 'AccessManagedUnauthorized')
        .withArgs(challenger)
    })
  })
})
