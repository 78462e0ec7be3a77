import { time } from '@nomicfoundation/hardhat-network-helpers'
import type { Signer } from 'ethers'
import { id } from 'ethers'
import { ethers } from 'hardhat'

export const DATANET = 1
export const EVIDENCE = id('evidence')
export const ANSWER = id('answer')
export const DAY = 86_400
export const STAKE = 5000n
export const EXIT_DELAY = 14 * DAY
/** For which stake stays held after the time of a step. */
export const SETTLING_TIME = 7 * DAY

export const enum Ruling {
  Refused,
  Upheld,
  Dismissed,
}

export const enum State {
  None,
  Answering,
  Arbitrating,
  Appealable,
  Resolved,
}

export const PARAMETERS = {
  bond: 101n,
  appealStake: 60n,
  maxSlash: 1000n,
  epochCap: 1500n,
  epochLength: 30 * DAY,
  answerPeriod: 3 * DAY,
  appealPeriod: 4 * DAY,
  patience: 20 * DAY,
  maxAppeals: 2,
}

const SLASHER = 3n

/** The court with the real staking, and an arbitrator that takes 10 for a dispute and 40 for an appeal. */
export async function courtSystem() {
  const [owner, challenger, accused, defender, ...crowd] = await ethers.getSigners()
  const access = await ethers.deployContract('OpenAccess', [owner!])
  const token = await ethers.deployContract('OpenToken', [owner!, access])
  const staking = await ethers.deployContract('DatanetStaking', [token, access, EXIT_DELAY])
  const datanets = await ethers.deployContract('DatanetRegistry', [staking])
  await staking.setRegistry(datanets)
  await datanets.createDatanet('data', EVIDENCE, 0)
  const arbitrator = await ethers.deployContract('FeeArbitratorMock', [token, 10n, 40n])
  const court = await ethers.deployContract('DisputeCourt', [token, staking, arbitrator, access, PARAMETERS])
  await access.grantRole(SLASHER, court, 0)
  const powers = (['slash', 'hold'] as const).map(name => staking.interface.getFunction(name).selector)
  await access.setTargetFunctionRole(staking, powers, SLASHER)
  for (const account of [challenger!, accused!, defender!, ...crowd.slice(0, 4)]) {
    await token.transfer(account, 100_000n)
    await token.connect(account).approve(court, ethers.MaxUint256)
  }
  await token.connect(accused!).approve(staking, STAKE)
  await staking.connect(accused!).stake(DATANET, STAKE)
  return {
    access,
    token,
    staking,
    arbitrator,
    court,
    owner: owner!,
    challenger: challenger!,
    accused: accused!,
    defender: defender!,
    crowd: crowd.slice(0, 4),
  }
}

export type CourtSystem = Awaited<ReturnType<typeof courtSystem>>

export async function opened() {
  const given = await courtSystem()
  await open(given)
  return given
}

/** When others than the accused may answer. */
export const OPEN_TO_ALL = PARAMETERS.answerPeriod / 2

export async function answered() {
  const given = await opened()
  await pass(OPEN_TO_ALL)
  await given.court.connect(given.defender).answer(1, ANSWER)
  return given
}

/** Answered and with the arbitrator. */
export async function escalated() {
  const given = await answered()
  await given.court.escalate(1)
  return given
}

export async function ruled(given: CourtSystem, ruling: Ruling) {
  await given.arbitrator.giveRuling(1, ruling)
  return given
}

export function open({ court, challenger, accused }: CourtSystem) {
  return court.connect(challenger).open(DATANET, accused, EVIDENCE)
}

/** Funds both sides of the next appeal, the loser's first. */
export async function appeal(
  { court }: CourtSystem,
  upheldBy: Signer,
  dismissedBy: Signer,
  favoured: Ruling,
  disputeId = 1,
) {
  const upheld = () => court.connect(upheldBy).fundAppeal(disputeId, Ruling.Upheld, ethers.MaxUint256 >> 128n)
  const dismissed = () =>
    court.connect(dismissedBy).fundAppeal(disputeId, Ruling.Dismissed, ethers.MaxUint256 >> 128n)
  if (favoured === Ruling.Upheld) {
    await dismissed()
    await upheld()
  } else {
    await upheld()
    await dismissed()
  }
}

export async function pass(seconds: number) {
  await time.increase(seconds)
}
