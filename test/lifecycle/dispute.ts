import { time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { MaxUint256, id } from 'ethers'

import { OPEN } from './cast'
import { ACCUSED_STAKE, FIRST_STAKED, STAKED_DATANET } from './datanets'
import type { World } from './world'

const RULING = { upheld: 1, dismissed: 2 }
const DISPUTE = 1n
const PURSE = 5_000n * OPEN

/** A holder is accused with a bond, and somebody puts an equal one behind it; the committee dismisses the dispute. */
export async function accuse({ system, cast }: World): Promise<void> {
  const { token, disputeCourt, committeeArbitrator } = system
  for (const party of [cast.accuser, cast.defender, ...cast.crowd]) {
    await token.connect(cast.market).transfer(party, PURSE)
    await token.connect(party).approve(disputeCourt, MaxUint256)
  }
  const accused = cast.holders[FIRST_STAKED]!
  await disputeCourt.connect(cast.accuser).open(STAKED_DATANET, accused, id('plagiarism'))
  // The accused says nothing in the half of the time that is its own.
  await time.increase(BigInt(system.parameters.court.answerPeriod) / 2n)
  await disputeCourt.connect(cast.defender).answer(DISPUTE, id('own work'))
  await disputeCourt.connect(cast.anyone).escalate(DISPUTE)
  const [first, second] = cast.committee
  await committeeArbitrator.connect(first!).vote(1n, RULING.dismissed)
  await expect(committeeArbitrator.connect(second!).vote(1n, RULING.dismissed))
    .to.emit(disputeCourt, 'DisputeRuled')
    .withArgs(DISPUTE, 0n, RULING.dismissed, BigInt(await time.latest()) + 1n + appealPeriod(system))
}

/** A crowd pays for an appeal, the defender for the other side; the committee thinks again. */
export async function appeal({ system, cast }: World): Promise<void> {
  const { disputeCourt, committeeArbitrator } = system
  const [first, second] = cast.crowd
  const needed = await disputeCourt.neededFor(DISPUTE, RULING.upheld)
  await disputeCourt.connect(first!).fundAppeal(DISPUTE, RULING.upheld, needed / 3n)
  await disputeCourt.connect(second!).fundAppeal(DISPUTE, RULING.upheld, needed)
  await expect(disputeCourt.connect(cast.defender).fundAppeal(DISPUTE, RULING.dismissed, PURSE)).to.emit(
    disputeCourt,
    'DisputeAppealed',
  )
  for (const member of cast.committee.slice(1))
    await committeeArbitrator.connect(member).vote(1n, RULING.upheld)
  await time.increase(appealPeriod(system))
  await disputeCourt.connect(cast.anyone).resolve(DISPUTE)
  expect((await disputeCourt.disputeOf(DISPUTE)).ruling).to.equal(RULING.upheld)
}

/** The stake is slashed, half burned; bonds and appeal money go to those who were right. */
export async function execute({ system, cast }: World): Promise<void> {
  const { disputeCourt, staking, parameters } = system
  const accused = cast.holders[FIRST_STAKED]!
  const { bond, maxSlash, appealStake } = parameters.court
  await expect(disputeCourt.connect(cast.anyone).executeSlash(DISPUTE))
    .to.emit(disputeCourt, 'StakeSlashed')
    .withArgs(DISPUTE, accused, maxSlash, maxSlash)
  expect((await staking.positionOf(accused, STAKED_DATANET)).staked).to.equal(ACCUSED_STAKE - maxSlash)
  await staking.connect(cast.accuser).collectCredit()

  let appealed = 0n
  for (const contributor of cast.crowd) {
    await disputeCourt.connect(cast.anyone).claimContribution(DISPUTE, 0, RULING.upheld, contributor)
    appealed += await disputeCourt.creditOf(contributor)
    await disputeCourt.connect(contributor).collect()
  }
  expect(appealed).to.equal(3n * appealStake - appealStake / 2n)
  expect(await disputeCourt.creditOf(cast.accuser)).to.equal(2n * bond - bond / 2n)
  await disputeCourt.connect(cast.accuser).collect()
}

/** Every staker takes its part of the fees, and one leaves with its stake once its locks have ended. */
export async function collectStakes({ system, cast }: World): Promise<void> {
  const { staking, token } = system
  const stakers = cast.holders.slice(FIRST_STAKED, FIRST_STAKED + 50)
  await time.increase(await staking.REWARD_PERIOD())
  for (const staker of stakers) await staking.connect(staker).collectReward()
  const leaver = stakers.at(-1)!
  await time.increase(2n * (await staking.exitDelay()))
  const { staked } = await staking.positionOf(leaver, STAKED_DATANET)
  await staking.connect(leaver).requestExit(STAKED_DATANET, staked)
  await time.increase(await staking.exitDelay())
  await expect(staking.connect(leaver).withdraw(STAKED_DATANET)).to.changeTokenBalance(token, leaver, staked)
}

function appealPeriod({ parameters }: World['system']): bigint {
  return BigInt(parameters.court.appealPeriod)
}
