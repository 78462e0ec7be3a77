import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import fc from 'fast-check'
import { type Signer } from 'ethers'
import {
  ANSWER,
  DATANET,
  EVIDENCE,
  OPEN_TO_ALL,
  PARAMETERS,
  Ruling,
  STAKE,
  State,
  courtSystem,
  pass,
} from './courtSystem'

const RUNS = Number(process.env['FC_RUNS'] ?? 40)
const SIDES = [Ruling.Upheld, Ruling.Dismissed] as const

const ruling = fc.constantFrom(Ruling.Refused, Ruling.Upheld, Ruling.Dismissed)
const side = fc.constantFrom(...SIDES)

/** One round: who pays how much to which side before the window closes, and how the next round would be ruled. */
const round = fc.record({
  cost: fc.bigInt(0n, 130n),
  contributions: fc.array(fc.record({ who: fc.nat(3), side, amount: fc.bigInt(1n, 260n) }), { maxLength: 7 }),
  ruling,
})

const story = fc.record({
  isAnswered: fc.boolean(),
  costAtEscalation: fc.bigInt(0n, 25n),
  /** Where the arbitrator falls silent, if anywhere: before the first ruling, or after that many appeals. */
  silentAfter: fc.constantFrom(0, 1, 2, 9),
  isEscalated: fc.constantFrom(true, true, true, false),
  first: ruling,
  rounds: fc.array(round, { maxLength: 3 }),
})

describe('DisputeCourt properties', () => {
  it('pays out exactly what came in: credits, burns, fees, on every path', async () => {
    await fc.assert(
      fc.asyncProperty(story, async told => {
        const given = await loadFixture(courtSystem)
        const { court, token, staking, arbitrator, challenger, accused, defender, crowd } = given
        const people = [challenger, accused, defender, ...crowd]
        const supply = await token.totalSupply()
        const before = await sum(people, account => token.balanceOf(account))

        await court.connect(challenger).open(DATANET, accused, EVIDENCE)
        if (told.isAnswered) {
          await pass(OPEN_TO_ALL)
          await court.connect(defender).answer(1, ANSWER)
        } else await pass(PARAMETERS.answerPeriod)
        await arbitrator.setCosts(told.costAtEscalation, told.rounds[0]?.cost ?? 0n)
        if (told.isEscalated) await court.connect(crowd[3]!).escalate(1)

        let appeals = 0
        if (told.isEscalated && told.silentAfter !== 0) {
          await arbitrator.giveRuling(1, told.first)
          for (const { contributions, ruling: next } of told.rounds) {
            for (const { who, side: to, amount } of contributions) {
              // A side that is full, or an appeal that was just made, takes nothing.
              if ((await court.disputeOf(1)).state !== BigInt(State.Appealable)) break
              if (appeals >= PARAMETERS.maxAppeals || (await court.neededFor(1, to)) === 0n) continue
              await court.connect(crowd[who]!).fundAppeal(1, to, amount)
            }
            if ((await court.disputeOf(1)).state !== BigInt(State.Arbitrating)) break
            appeals++
            if (told.silentAfter === appeals) break
            await arbitrator.setCosts(0n, told.rounds[appeals]?.cost ?? 0n)
            await arbitrator.giveRuling(1, next)
          }
        }

        await pass(PARAMETERS.patience)
        if ((await court.disputeOf(1)).state === BigInt(State.Appealable)) await court.resolve(1)
        else await court.expire(1)

        for (let appeal = 0; appeal <= appeals; appeal++) {
          for (const to of SIDES) {
            for (const account of crowd) {
              const contribution = await court.contributionOf(1, appeal, to, account)
              const { ruling: final } = await court.disputeOf(1)
              const lost = appeal < appeals && final !== BigInt(Ruling.Refused) && final !== BigInt(to)
              if (contribution !== 0n && !lost) await court.claimContribution(1, appeal, to, account)
            }
          }
        }
        for (const account of people) {
          if ((await court.creditOf(account)) !== 0n) await court.connect(account).collect()
        }

        const burned = supply - (await token.totalSupply())
        const fees = await token.balanceOf(arbitrator)
        const after = await sum(people, account => token.balanceOf(account))
        expect(await token.balanceOf(court)).to.equal(0n)
        expect(after + burned + fees).to.equal(before)
        let halves = 0n
        for (let appeal = 0; appeal < appeals; appeal++) halves += (await court.roundOf(1, appeal)).stake / 2n
        expect(burned - halves).to.be.within(0n, PARAMETERS.bond / 2n)

        const { slashDue } = await court.disputeOf(1)
        if (slashDue !== 0n) await court.executeSlash(1)
        const slashed = STAKE - (await staking.stakeOf(accused))
        expect(slashed).to.equal(slashDue)
        expect(supply - burned - (await token.totalSupply()) + (await staking.creditOf(challenger))).to.equal(
          slashed,
        )
      }),
      { numRuns: RUNS },
    )
  }).timeout(600_000)
})

async function sum(accounts: Signer[], amountOf: (account: Signer) => Promise<bigint>) {
  const amounts = await Promise.all(accounts.map(amountOf))
  return amounts.reduce((total, amount) => total + amount, 0n)
}
