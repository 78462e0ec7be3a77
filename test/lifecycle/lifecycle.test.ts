import { type SnapshotRestorer, takeSnapshot } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'

import { SUPPLY } from '../../scripts/deployParameters'
import { OPEN } from './cast'
import { claimAll, claimEarly, setRules } from './claims'
import { contribute, createDatanets, curateAndWithdraw } from './datanets'
import { catchSilence, demandAndReveal } from './demands'
import { accuse, appeal, collectStakes, execute } from './dispute'
import { emitEpoch } from './emissions'
import { type SettledEpoch, openEpochs, settleEpoch } from './epochs'
import { HONEST, RENEWED, advance, finalize, pauseAndResume, post, signersOf } from './finality'
import { COLLUDERS, catchLie, expectAllTried, settleSlashes, undone } from './fraud'
import { expectGenesis, expectVesting, releaseVested } from './genesis'
import { appointOperators, delegate, replaceLiars, weighDatanets } from './governance'
import { FIRST_LIES, LATER_LIES, THEFT } from './lies'
import { ADAPTER, BASE, MODELS, registerModels } from './models'
import { bond } from './operators'
import { collect, deposit, serve, withdrawDeposits } from './payments'
import { printed } from './printedBooks'
import { expectNobodyElse, expectPaidInFull, wholeSupply } from './wholeSupply'
import { type World, newWorld } from './world'

// Chapters follow each other on one chain: what one leaves is what the next begins with.
describe('The life of the protocol', () => {
  let start: SnapshotRestorer
  let world: World
  let next: SettledEpoch
  let broken = false
  const tried = new Set<string>()

  before(async () => {
    start = await takeSnapshot()
    world = await newWorld()
  })

  after(() => start.restore())

  // After a chapter that failed the others would only repeat its failure.
  beforeEach(function () {
    if (broken) this.skip()
  })

  afterEach(function () {
    broken ||= this.currentTest?.isFailed() === true
  })

  describe('1. Genesis', () => {
    it('gives five groups their parts, to the wei', () => expectGenesis(world))
    it('lets investors and team wait, and the community pay emissions only', () => expectVesting(world))
  })

  describe('2. Governance', () => {
    it('counts the votes of holders who delegate', () => delegate(world))
    it('changes the challenge window and appoints ten operators, by a proposal', () =>
      appointOperators(world))
    it('has operators who put up bonds', () => bond(world, world.cast.operators))
  })

  describe('3. Contributions', () => {
    it('has three datanets: open, under stake, curated; with parents', () => createDatanets(world))
    it('takes the contributions of a thousand holders', () => contribute(world))
    it('counts what the curator accepts and nobody withdrew', () => curateAndWithdraw(world))
    it('weighs the datanets, by a proposal', () => weighDatanets(world))
  })

  describe('4. Models and payments', () => {
    it('has a base model, an adapter on it, and its next version', () => registerModels(world))
    it('takes deposits of a key and of a wallet contract', () => deposit(world))
    it('is paid by vouchers, directly, and by signed authorizations', () =>
      serve(world, MODELS, 13n * OPEN + 7n))
    it('splits the fees, down the lineage, to the last wei', () => collect(world, MODELS))
    it('emits what the fees allow, and passes parents their parts on', () => emitEpoch(world))
  })

  describe('5. Lies about the first epoch, each by a quorum that plots', () => {
    it("are told about sums that the oracle's own code settles", async () => {
      await openEpochs(world, [1, 2, 3])
      next = await settleEpoch(world)
    })

    for (const lie of FIRST_LIES) {
      it(`catches ${lie.name} (${lie.kind})`, async () => {
        tried.add(await undone(() => catchLie(world, next, lie, COLLUDERS)))
      })
    }
    it('catches a root whose leaves nobody shows (rejectUnrevealed)', () =>
      undone(() => catchSilence(world, next, COLLUDERS)))
    it(`catches ${THEFT.name} (${THEFT.kind}), this time for good`, async () => {
      tried.add(await catchLie(world, next, THEFT, COLLUDERS))
    })
    it('burns half of the bonds and gives the challenger the other half', () =>
      settleSlashes(world, COLLUDERS))
  })

  describe('6. The first epoch, honestly', () => {
    it('is posted by four of ten', () => post(world, next, HONEST))
    it('is shown, page by page, to whoever asks', () => demandAndReveal(world, next, signersOf(HONEST)))
    it('is made final by anyone, after the window', () => finalize(world, next, HONEST))
    it('is held back by the guardian, and let go', () => pauseAndResume(world))
    it('lets holders say where and by whom they are paid', () => setRules(world))
    it('pays those who do not wait', () => claimEarly(world, next))
    it('gives seats of liars to others, by a proposal', () => replaceLiars(world, COLLUDERS, 3))
    it('has new operators who put up bonds, and an old one who does so again', () => {
      const { newOperators, operators } = world.cast
      return bond(world, [...newOperators, operators[COLLUDERS.at(-1)!]!])
    })
  })

  describe('7. The second epoch', () => {
    it('has fees of two models, and emissions', async () => {
      await serve(world, [BASE, ADAPTER], 17n * OPEN + 1n)
      await collect(world, [BASE, ADAPTER])
      await emitEpoch(world)
      next = await settleEpoch(world)
    })

    for (const lie of LATER_LIES) {
      it(`catches ${lie.name} (${lie.kind})`, async () => {
        tried.add(await undone(() => catchLie(world, next, lie, HONEST)))
      })
    }
    it('has left no challenge untried', () => expectAllTried(world, tried))
    it('is posted honestly', () => post(world, next, HONEST))
  })

  describe('8. The third epoch', () => {
    it('has fees and emissions', async () => {
      await serve(world, [BASE, ADAPTER], 5n * OPEN + 3n)
      await collect(world, [BASE, ADAPTER])
      await emitEpoch(world)
    })
    it('is posted in the transaction that makes the second final', async () => {
      const second = next
      next = await settleEpoch(world)
      await advance(world, second, next, RENEWED)
    })
    it('is made final by anyone', () => finalize(world, next, RENEWED))
  })

  describe('9. A dispute', () => {
    it('is opened, answered, and dismissed by the committee', () => accuse(world))
    it('is appealed by a crowd, and upheld', () => appeal(world))
    it('slashes the accused and pays those who were right', () => execute(world))
  })

  describe('10. Everybody takes what is theirs', () => {
    it('pays the stakers their fees', () => collectStakes(world))
    it('pays all thousand holders: alone, packed, in batches, by a claimer, to another address', () =>
      claimAll(world, next))
    it('releases what has vested', () => releaseVested(world))
    it('gives payers back what they did not spend', () => withdrawDeposits(world))
  })

  describe('11. The books', () => {
    it('paid out what was released, which is what the pools were funded', () => expectPaidInFull(world))
    it('has no holder that the table does not name', () => expectNobodyElse(world))
    it('accounts for every wei of a billion OPEN', async () => {
      const holdings = await wholeSupply(world)
      process.stdout.write(await printed(world, holdings))
      expect(holdings.reduce((sum, { wei }) => sum + wei, 0n)).to.equal(SUPPLY)
      expect(SUPPLY).to.equal(1_000_000_000n * OPEN)
    })
  })
})
