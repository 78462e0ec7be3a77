import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import hre from 'hardhat'
import { ANSWER, OPEN_TO_ALL, PARAMETERS, Ruling, courtSystem, open, pass } from './courtSystem'

describe('DisputeCourt gas', () => {
  before(function () {
    // Instrumented code has other costs.
    if ('__SOLIDITY_COVERAGE_RUNNING' in hre) this.skip()
  })

  it('stays below its bounds, whatever the path', async () => {
    const given = await loadFixture(courtSystem)
    const { court, arbitrator, crowd, challenger, defender } = given
    const gasOf = async (sent: Promise<{ wait(): Promise<{ gasUsed: bigint } | null> }>) =>
      Number((await (await sent).wait())!.gasUsed)
    const gas = {
      open: await gasOf(open(given)),
      answer: (await pass(OPEN_TO_ALL), await gasOf(court.connect(defender).answer(1, ANSWER))),
      escalate: await gasOf(court.escalate(1)),
      rule: await gasOf(arbitrator.giveRuling(1, Ruling.Upheld)),
      fundAppeal: await gasOf(court.connect(crowd[0]!).fundAppeal(1, Ruling.Dismissed, 1000n)),
      fundAppealAndAppeal: await gasOf(court.connect(crowd[1]!).fundAppeal(1, Ruling.Upheld, 1000n)),
      ruleAgain: await gasOf(arbitrator.giveRuling(1, Ruling.Upheld)),
      resolve: (await pass(PARAMETERS.appealPeriod), await gasOf(court.resolve(1))),
      executeSlash: await gasOf(court.executeSlash(1)),
      claimContribution: await gasOf(court.claimContribution(1, 0, Ruling.Upheld, crowd[1]!)),
      collect: await gasOf(court.connect(challenger).collect()),
    }
    expect(gas.open).to.be.at.most(290_000)
    expect(Math.max(...Object.values(gas).slice(1))).to.be.at.most(215_000)
  })
})
