import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type AddressLike, ZeroAddress } from 'ethers'
import { ethers } from 'hardhat'
import { ANSWER, DAY, EVIDENCE, OPEN_TO_ALL, Ruling, State, courtSystem, open, pass } from './courtSystem'

const VOTING_PERIOD = 5 * DAY

/** A committee of five, three votes needed, with a dispute of the real court. */
async function fixture() {
  const given = await courtSystem()
  const members = (await ethers.getSigners()).slice(10, 15)
  const committee = await ethers.deployContract('CommitteeArbitrator', [
    given.access,
    members,
    3,
    VOTING_PERIOD,
  ])
  await given.court.setArbitrator(committee)
  await open(given)
  await pass(OPEN_TO_ALL)
  await given.court.connect(given.defender).answer(1, ANSWER)
  await given.court.escalate(1)
  return { ...given, committee, members }
}

type Fixture = Awaited<ReturnType<typeof fixture>>

async function vote({ committee, members }: Fixture, rulings: readonly Ruling[]) {
  for (const [seat, ruling] of rulings.entries()) await committee.connect(members[seat]!).vote(1, ruling)
}

async function decided() {
  const given = await fixture()
  await vote(given, [Ruling.Upheld, Ruling.Upheld, Ruling.Upheld])
  return given
}

describe('CommitteeArbitrator', () => {
  describe('constructor', () => {
    async function deploy(members: AddressLike[], votesNeeded: number, period = VOTING_PERIOD) {
      const { access } = await loadFixture(fixture)
      return ethers.deployContract('CommitteeArbitrator', [access, members, votesNeeded, period])
    }

    describe('given no members or more than 32', () => {
      it('reverts with number and limit', async () => {
        const { committee, members } = await loadFixture(fixture)
        for (const count of [0, 33]) {
          await expect(
            deploy(
              Array.from({ length: count }, () => members[0]!),
              20,
            ),
          )
            .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_WrongSize')
            .withArgs(count, 32)
        }
      })
    })

    describe('given a threshold that is not a majority, or more than all', () => {
      it('reverts with both', async () => {
        const { committee, members } = await loadFixture(fixture)
        for (const votesNeeded of [0, 2, 5]) {
          await expect(deploy(members.slice(0, 4), votesNeeded))
            .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_WrongThreshold')
            .withArgs(votesNeeded, 4)
        }
      })
    })

    describe('given a member that is zero or named twice', () => {
      it('reverts with it', async () => {
        const { committee, members } = await loadFixture(fixture)
        for (const bad of [members[0]!, ZeroAddress]) {
          await expect(deploy([members[0]!, bad], 2))
            .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_BadMember')
            .withArgs(bad)
        }
      })
    })

    describe('given no voting period', () => {
      it('reverts', async () => {
        const { committee, members } = await loadFixture(fixture)
        await expect(deploy(members, 3, 0)).to.be.revertedWithCustomError(
          committee,
          'CommitteeArbitrator_ZeroPeriod',
        )
      })
    })

    it('takes 32 members', async () => {
      const members = Array.from({ length: 32 }, (_, seat) =>
        ethers.zeroPadValue(ethers.toBeHex(seat + 1), 20),
      )
      const committee = await deploy(members, 32)
      expect((await committee.committee()).members).to.have.lengthOf(32)
      expect(await committee.votingPeriod()).to.equal(VOTING_PERIOD)
    })
  })

  describe('createDispute', () => {
    it('opens a round for the caller, free of charge', async () => {
      const { committee, stranger } = {
        ...(await loadFixture(fixture)),
        stranger: (await ethers.getSigners())[9]!,
      }
      const at = (await time.latest()) + 9
      await time.setNextBlockTimestamp(at)
      await expect(committee.connect(stranger).createDispute(EVIDENCE, ANSWER))
        .to.emit(committee, 'RoundOpened')
        .withArgs(2, 0, stranger, EVIDENCE, ANSWER, at + VOTING_PERIOD)
      expect(await committee.arbitrationCost()).to.equal(0n)
      expect(await committee.appealCost(2)).to.equal(0n)
      expect(await committee.appealDeadline(2)).to.equal((1n << 64n) - 1n)
    })
  })

  describe('vote', () => {
    it('is counted', async () => {
      const given = await loadFixture(fixture)
      const { committee, members, court } = given
      await expect(committee.connect(members[0]!).vote(1, Ruling.Upheld))
        .to.emit(committee, 'Voted')
        .withArgs(1, 0, members[0]!, Ruling.Upheld)
      await committee.connect(members[1]!).vote(1, Ruling.Dismissed)
      const round = await committee.roundOf(1)
      expect(round.votes).to.deep.equal([0n, 1n, 1n])
      expect([round.arbitrable, round.open]).to.deep.equal([await court.getAddress(), true])
    })

    for (const ruling of [Ruling.Refused, Ruling.Upheld, Ruling.Dismissed]) {
      it(`gives ruling ${ruling} at once when it has the votes`, async () => {
        const given = await loadFixture(fixture)
        const { committee, members, court } = given
        const other = ruling === Ruling.Upheld ? Ruling.Dismissed : Ruling.Upheld
        await vote(given, [ruling, other, ruling])
        const sent = committee.connect(members[4]!).vote(1, ruling)
        await expect(sent).to.emit(committee, 'RoundClosed').withArgs(1, 0, ruling)
        await expect(sent).to.emit(court, 'DisputeRuled')
        expect((await court.disputeOf(1)).ruling).to.equal(ruling)
      })
    }

    describe('given another caller than a member', () => {
      it('reverts with caller and committee', async () => {
        const { committee, owner } = await loadFixture(fixture)
        await expect(committee.connect(owner).vote(1, Ruling.Upheld))
          .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_NotMember')
          .withArgs(owner, 1)
      })
    })

    describe('given a second vote of a member', () => {
      it('reverts with dispute and member', async () => {
        const { committee, members } = await loadFixture(fixture)
        await committee.connect(members[4]!).vote(1, Ruling.Upheld)
        await expect(committee.connect(members[4]!).vote(1, Ruling.Dismissed))
          .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_AlreadyVoted')
          .withArgs(1, members[4]!)
      })
    })

    describe('given the time is up', () => {
      it('reverts with the deadline', async () => {
        const { committee, members } = await loadFixture(fixture)
        const { deadline } = await committee.roundOf(1)
        await time.setNextBlockTimestamp(deadline)
        await expect(committee.connect(members[0]!).vote(1, Ruling.Upheld))
          .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_NotOpen')
          .withArgs(1, deadline)
      })
    })

    describe('given the round is decided, or no such dispute', () => {
      it('reverts with the deadline', async () => {
        const { committee, members } = await loadFixture(decided)
        const { deadline } = await committee.roundOf(1)
        for (const [disputeId, bound] of [
          [1, deadline],
          [7, 0n],
        ] as const) {
          await expect(committee.connect(members[4]!).vote(disputeId, Ruling.Upheld))
            .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_NotOpen')
            .withArgs(disputeId, bound)
        }
      })
    })
  })

  describe('close', () => {
    it('refuses to arbitrate after a tie', async () => {
      const given = await loadFixture(fixture)
      const { committee, court } = given
      await vote(given, [Ruling.Upheld, Ruling.Upheld, Ruling.Dismissed, Ruling.Dismissed])
      await time.increase(VOTING_PERIOD)
      await expect(committee.close(1)).to.emit(committee, 'RoundClosed').withArgs(1, 0, Ruling.Refused)
      const dispute = await court.disputeOf(1)
      expect([dispute.state, dispute.ruling]).to.deep.equal([
        BigInt(State.Appealable),
        BigInt(Ruling.Refused),
      ])
    })

    describe('given votes are still taken', () => {
      it('reverts with time and deadline', async () => {
        const { committee } = await loadFixture(fixture)
        const { deadline } = await committee.roundOf(1)
        await time.setNextBlockTimestamp(deadline - 1n)
        await expect(committee.close(1))
          .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_TooEarly')
          .withArgs(deadline - 1n, deadline)
      })
    })

    describe('given the round is decided', () => {
      it('reverts with the deadline', async () => {
        const { committee } = await loadFixture(decided)
        const { deadline } = await committee.roundOf(1)
        await expect(committee.close(1))
          .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_NotOpen')
          .withArgs(1, deadline)
      })
    })
  })

  describe('requestAppeal', () => {
    it('opens another round, without the votes of the last, when the court was funded', async () => {
      const given = await loadFixture(decided)
      const { committee, members, court, crowd } = given
      await court.connect(crowd[0]!).fundAppeal(1, Ruling.Dismissed, 1000n)
      await expect(court.connect(crowd[1]!).fundAppeal(1, Ruling.Upheld, 1000n)).to.emit(
        committee,
        'RoundOpened',
      )
      expect((await committee.roundOf(1)).votes).to.deep.equal([0n, 0n, 0n])
      await vote(given, [Ruling.Dismissed, Ruling.Dismissed])
      await expect(committee.connect(members[2]!).vote(1, Ruling.Dismissed))
        .to.emit(committee, 'RoundClosed')
        .withArgs(1, 1, Ruling.Dismissed)
    })

    describe('given another caller than the arbitrable', () => {
      it('reverts with caller and arbitrable', async () => {
        const { committee, court, owner } = await loadFixture(decided)
        await expect(committee.requestAppeal(1))
          .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_NotArbitrable')
          .withArgs(owner, court)
      })
    })

    describe('given the round is open', () => {
      it('reverts with the dispute', async () => {
        const { committee } = await loadFixture(fixture)
        await committee.createDispute(EVIDENCE, ANSWER)
        await expect(committee.requestAppeal(2))
          .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_NotDecided')
          .withArgs(2)
      })
    })
  })

  describe('setCommittee', () => {
    it('leaves running rounds to the old committee', async () => {
      const given = await loadFixture(fixture)
      const { committee, members, owner } = given
      await expect(committee.setCommittee([owner], 1))
        .to.emit(committee, 'CommitteeSet')
        .withArgs(2, [owner.address], 1)
      expect(await committee.committee()).to.deep.equal([2n, [owner.address], 1n])
      await expect(committee.vote(1, Ruling.Upheld))
        .to.be.revertedWithCustomError(committee, 'CommitteeArbitrator_NotMember')
        .withArgs(owner, 1)
      await vote(given, [Ruling.Upheld, Ruling.Upheld])
      await expect(committee.connect(members[2]!).vote(1, Ruling.Upheld)).to.emit(committee, 'RoundClosed')
      expect((await committee.roundOf(1)).committeeId).to.equal(1)
    })

    it('is for the authority', async () => {
      const { committee, members } = await loadFixture(fixture)
      await expect(committee.connect(members[0]!).setCommittee([members[0]!], 1))
        .to.be.revertedWithCustomError(committee, 'AccessManagedUnauthorized')
        .withArgs(members[0]!)
    })
  })
})
