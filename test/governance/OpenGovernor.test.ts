import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'
import {
  DAY,
  descriptionHash,
  executed,
  governanceSystem,
  MIN_DELAY,
  OPEN,
  proposalArgs,
  proposed,
  queued,
  SETTINGS,
  State,
  Vote,
} from './governanceSystem'

const onlyIn = (state: bigint) => ethers.toBeHex(1n << state, 32)

describe('OpenGovernor', () => {
  describe('constructor', () => {
    it('has the settings, and counts time in seconds as the token does', async () => {
      const { governor, token, timelock } = await loadFixture(governanceSystem)
      expect(await governor.votingDelay()).to.equal(SETTINGS.votingDelay)
      expect(await governor.votingPeriod()).to.equal(SETTINGS.votingPeriod)
      expect(await governor.proposalThreshold()).to.equal(SETTINGS.proposalThreshold)
      expect(await governor['quorumNumerator()']()).to.equal(SETTINGS.quorumPercent)
      expect(await governor.lateQuorumVoteExtension()).to.equal(SETTINGS.lateQuorumExtension)
      expect(await governor.token()).to.equal(token)
      expect(await governor.timelock()).to.equal(timelock)
      expect(await governor.name()).to.equal('OpenGovernor')
      expect(await governor.CLOCK_MODE()).to.equal('mode=timestamp')
      expect(await governor.clock()).to.equal(await time.latest())
      const now = await time.latest()
      expect(await governor.quorum(now - 1)).to.equal(40_000_000n * OPEN)
    })

    describe('given a late extension beyond the voting period', () => {
      it('reverts with both', async () => {
        const { governor, token, timelock } = await loadFixture(governanceSystem)
        const settings = { ...SETTINGS, lateQuorumExtension: SETTINGS.votingPeriod + 1 }
        await expect(ethers.deployContract('OpenGovernor', [token, timelock, settings]))
          .to.be.revertedWithCustomError(governor, 'GovernorPreventLateQuorumVoteExtensionTooLarge')
          .withArgs(SETTINGS.votingPeriod + 1, SETTINGS.votingPeriod)
      })
    })

    describe('given a quorum above the supply', () => {
      it('reverts with percent and whole', async () => {
        const { governor, token, timelock } = await loadFixture(governanceSystem)
        await expect(
          ethers.deployContract('OpenGovernor', [token, timelock, { ...SETTINGS, quorumPercent: 101 }]),
        )
          .to.be.revertedWithCustomError(governor, 'GovernorInvalidQuorumFraction')
          .withArgs(101, 100)
      })
    })
  })

  describe('propose', () => {
    it('keeps the proposal on chain', async () => {
      const system = await loadFixture(governanceSystem)
      const { governor, feeCap } = system
      const id = await proposed(system)
      expect(await governor.proposalCount()).to.equal(1n)
      const details = [...proposalArgs(feeCap), descriptionHash(feeCap)]
      expect(await governor.proposalDetails(id)).to.deep.equal(details)
      expect(await governor.proposalDetailsAt(0)).to.deep.equal([id, ...details])
      expect(await governor.proposalNeedsQueuing(id)).to.equal(true)
    })

    describe('given votes below the threshold', () => {
      it('reverts with proposer, votes and threshold', async () => {
        const { governor, carol, feeCap } = await loadFixture(governanceSystem)
        await expect(governor.connect(carol).propose(...proposalArgs(feeCap), feeCap.description))
          .to.be.revertedWithCustomError(governor, 'GovernorInsufficientProposerVotes')
          .withArgs(carol, OPEN, SETTINGS.proposalThreshold)
      })
    })
  })

  describe('castVote', () => {
    it('counts the votes of the snapshot, not those bought later', async () => {
      const system = await loadFixture(governanceSystem)
      const { governor, token, alice, carol } = system
      const id = await proposed(system)
      await token.connect(alice).transfer(carol, 1_000_000n * OPEN)
      await governor.connect(carol).castVote(id, Vote.For)
      expect(await governor.proposalVotes(id)).to.deep.equal([0n, OPEN, 0n])
    })

    describe('given the vote is not open yet', () => {
      it('reverts with the state', async () => {
        const { governor, alice, feeCap } = await loadFixture(governanceSystem)
        await governor.connect(alice).propose(...proposalArgs(feeCap), feeCap.description)
        const [id] = await governor.proposalDetailsAt(0)
        await expect(governor.connect(alice).castVote(id, Vote.For))
          .to.be.revertedWithCustomError(governor, 'GovernorUnexpectedProposalState')
          .withArgs(id, State.Pending, onlyIn(State.Active))
      })
    })

    describe('given a quorum that is reached at the last minute', () => {
      it('keeps the vote open for the late extension, so that others can turn it', async () => {
        const system = await loadFixture(governanceSystem)
        const { governor, alice, bob } = system
        const id = await proposed(system)
        const deadline = await governor.proposalDeadline(id)
        await time.setNextBlockTimestamp(deadline - 60n)
        const extended = deadline - 60n + BigInt(DAY)
        await expect(governor.connect(alice).castVote(id, Vote.For))
          .to.emit(governor, 'ProposalExtended')
          .withArgs(id, extended)
        expect(await governor.proposalDeadline(id)).to.equal(extended)

        await time.increaseTo(deadline + 1n)
        expect(await governor.state(id)).to.equal(State.Active)
        await governor.connect(bob).castVote(id, Vote.Against)
        await time.increaseTo(extended + 1n)
        expect(await governor.state(id)).to.equal(State.Defeated)
      })
    })

    describe('given a quorum that is reached early', () => {
      it('leaves the deadline as it is', async () => {
        const system = await loadFixture(governanceSystem)
        const { governor, alice } = system
        const id = await proposed(system)
        const deadline = await governor.proposalDeadline(id)
        await expect(governor.connect(alice).castVote(id, Vote.For)).not.to.emit(governor, 'ProposalExtended')
        expect(await governor.proposalDeadline(id)).to.equal(deadline)
      })
    })
  })

  describe('queue', () => {
    it('schedules a proposal that was won, after the delay', async () => {
      const system = await loadFixture(governanceSystem)
      const { governor } = system
      const id = await queued(system)
      expect(await governor.state(id)).to.equal(State.Queued)
      expect(await governor.proposalEta(id)).to.equal((await time.latest()) + MIN_DELAY)
    })

    describe('given too few votes for the quorum', () => {
      it('reverts with the state', async () => {
        const system = await loadFixture(governanceSystem)
        const { governor, carol } = system
        const id = await proposed(system)
        await governor.connect(carol).castVote(id, Vote.For)
        await time.increaseTo((await governor.proposalDeadline(id)) + 1n)
        await expect(governor.getFunction('queue(uint256)')(id))
          .to.be.revertedWithCustomError(governor, 'GovernorUnexpectedProposalState')
          .withArgs(id, State.Defeated, onlyIn(State.Succeeded))
      })
    })

    describe('given more votes against it', () => {
      it('reverts with the state', async () => {
        const system = await loadFixture(governanceSystem)
        const { governor, alice, bob } = system
        const id = await proposed(system)
        await governor.connect(alice).castVote(id, Vote.For)
        await governor.connect(bob).castVote(id, Vote.Against)
        await time.increaseTo((await governor.proposalDeadline(id)) + 1n)
        await expect(governor.getFunction('queue(uint256)')(id))
          .to.be.revertedWithCustomError(governor, 'GovernorUnexpectedProposalState')
          .withArgs(id, State.Defeated, onlyIn(State.Succeeded))
      })
    })

    describe('given no such proposal', () => {
      it('reverts with the id', async () => {
        const { governor } = await loadFixture(governanceSystem)
        for (const verb of ['queue', 'execute', 'cancel']) {
          await expect(governor.getFunction(`${verb}(uint256)`)(9))
            .to.be.revertedWithCustomError(governor, 'GovernorNonexistentProposal')
            .withArgs(9)
        }
      })
    })
  })

  describe('execute', () => {
    it('changes a parameter of the protocol, by anyone', async () => {
      const system = await loadFixture(governanceSystem)
      const { governor, emissions, anyone } = system
      const id = await queued(system)
      await time.increaseTo(await governor.proposalEta(id))
      await expect(governor.connect(anyone).getFunction('execute(uint256)')(id))
        .to.emit(emissions, 'FeeCapSet')
        .withArgs(5000, 7)
        .to.emit(governor, 'ProposalExecuted')
        .withArgs(id)
      expect(await governor.state(id)).to.equal(State.Executed)
      expect(await emissions.feeCapBps()).to.equal(5000n)
      expect(await emissions.floorPerDatanet()).to.equal(7n)
    })

    it('changes the governor itself', async () => {
      const system = await loadFixture(governanceSystem)
      const { governor } = system
      await executed(system, {
        targets: Array<string>(3).fill(await governor.getAddress()),
        values: [0n, 0n, 0n],
        calldatas: [
          governor.interface.encodeFunctionData('setVotingPeriod', [5 * DAY]),
          governor.interface.encodeFunctionData('updateQuorumNumerator', [10]),
          governor.interface.encodeFunctionData('setLateQuorumVoteExtension', [4 * DAY]),
        ],
        description: 'Take more time',
      })
      expect(await governor.votingPeriod()).to.equal(5 * DAY)
      expect(await governor['quorumNumerator()']()).to.equal(10n)
      expect(await governor.lateQuorumVoteExtension()).to.equal(4 * DAY)
    })

    it('spends what the timelock holds', async () => {
      const system = await loadFixture(governanceSystem)
      const { token, carol } = system
      await executed(system, {
        targets: [await token.getAddress()],
        values: [0n],
        calldatas: [token.interface.encodeFunctionData('transfer', [carol.address, OPEN])],
        description: 'Grant carol one OPEN',
      })
      expect(await token.balanceOf(carol)).to.equal(2n * OPEN)
    })

    describe('given the delay has not passed', () => {
      it('reverts with the operation', async () => {
        const system = await loadFixture(governanceSystem)
        const { governor, timelock, emissions } = system
        const id = await queued(system)
        await time.setNextBlockTimestamp((await governor.proposalEta(id)) - 1n)
        const ready = 2n
        await expect(governor.getFunction('execute(uint256)')(id))
          .to.be.revertedWithCustomError(timelock, 'TimelockUnexpectedOperationState')
          .withArgs(await operationOf(system), onlyIn(ready))
        expect(await emissions.feeCapBps()).to.equal(0n)
      })
    })

    describe('given it was not queued', () => {
      it('reverts with the state', async () => {
        const system = await loadFixture(governanceSystem)
        const { governor, alice } = system
        const id = await proposed(system)
        await governor.connect(alice).castVote(id, Vote.For)
        await time.increaseTo((await governor.proposalDeadline(id)) + 1n)
        await expect(governor.getFunction('execute(uint256)')(id))
          .to.be.revertedWithCustomError(governor, 'GovernorUnexpectedProposalState')
          .withArgs(id, State.Succeeded, onlyIn(State.Queued))
      })
    })

    describe('given it was executed before', () => {
      it('reverts with the state', async () => {
        const system = await loadFixture(governanceSystem)
        const { governor, feeCap } = system
        await executed(system, feeCap)
        const [id] = await governor.proposalDetailsAt(0)
        await expect(governor.getFunction('execute(uint256)')(id))
          .to.be.revertedWithCustomError(governor, 'GovernorUnexpectedProposalState')
          .withArgs(id, State.Executed, onlyIn(State.Queued))
      })
    })

    describe('given it was executed on the timelock itself', () => {
      it('counts as executed', async () => {
        const system = await loadFixture(governanceSystem)
        const { governor, timelock, anyone, feeCap, emissions } = system
        const id = await queued(system)
        await time.increaseTo(await governor.proposalEta(id))
        const salt = await saltOf(system)
        await timelock.connect(anyone).executeBatch(...proposalArgs(feeCap), ethers.ZeroHash, salt)
        expect(await governor.state(id)).to.equal(State.Executed)
        expect(await emissions.feeCapBps()).to.equal(5000n)
      })
    })
  })

  describe('cancel', () => {
    it('takes a proposal back before the vote', async () => {
      const { governor, alice, feeCap } = await loadFixture(governanceSystem)
      await governor.connect(alice).propose(...proposalArgs(feeCap), feeCap.description)
      const [id] = await governor.proposalDetailsAt(0)
      await expect(governor.connect(alice).getFunction('cancel(uint256)')(id))
        .to.emit(governor, 'ProposalCanceled')
        .withArgs(id)
      expect(await governor.state(id)).to.equal(State.Canceled)
    })

    describe('given another caller than the proposer, or an open vote', () => {
      it('reverts with proposal and caller', async () => {
        const system = await loadFixture(governanceSystem)
        const { governor, alice, bob, feeCap } = system
        await governor.connect(alice).propose(...proposalArgs(feeCap), feeCap.description)
        const [id] = await governor.proposalDetailsAt(0)
        await expect(governor.connect(bob).getFunction('cancel(uint256)')(id))
          .to.be.revertedWithCustomError(governor, 'GovernorUnableToCancel')
          .withArgs(id, bob)
        await time.increaseTo((await governor.proposalSnapshot(id)) + 1n)
        await expect(governor.connect(alice).getFunction('cancel(uint256)')(id))
          .to.be.revertedWithCustomError(governor, 'GovernorUnableToCancel')
          .withArgs(id, alice)
      })
    })
  })

  async function saltOf({ governor, feeCap }: Awaited<ReturnType<typeof governanceSystem>>) {
    const own = BigInt(await governor.getAddress()) << 96n
    return ethers.toBeHex(own ^ BigInt(descriptionHash(feeCap)), 32)
  }

  async function operationOf(system: Awaited<ReturnType<typeof governanceSystem>>) {
    const { timelock, feeCap } = system
    return timelock.hashOperationBatch(...proposalArgs(feeCap), ethers.ZeroHash, await saltOf(system))
  }
})
