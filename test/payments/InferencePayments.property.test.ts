import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import fc from 'fast-check'
import { ethers } from 'hardhat'
import {
  ADAPTER,
  MODEL,
  type PaymentsSystem,
  RECEIPTS,
  REQUEST,
  paymentsSystem,
  registerModel,
  sign,
} from './paymentsSystem'

const RUNS = Number(process.env['FC_RUNS'] ?? 40)
const MODELS = [MODEL, ADAPTER, 3]

const modelId = fc.constantFrom(...MODELS)
const payerIndex = fc.nat(1)
const step = fc.oneof(
  fc.record({ verb: fc.constant('deposit' as const), payerIndex, amount: fc.bigInt(0n, 5000n) }),
  fc.record({ verb: fc.constant('redeem' as const), payerIndex, modelId, amount: fc.bigInt(1n, 1500n) }),
  fc.record({ verb: fc.constant('payDirect' as const), payerIndex, modelId, amount: fc.bigInt(1n, 77n) }),
  fc.record({ verb: fc.constant('withdraw' as const), payerIndex, amount: fc.bigInt(0n, 900n) }),
  fc.record({ verb: fc.constant('collectContributors' as const), modelId }),
  fc.record({ verb: fc.constant('collectOwner' as const), modelId }),
  fc.record({ verb: fc.constant('passLineage' as const), modelId }),
  fc.record({ verb: fc.constant('tally' as const), modelId }),
  fc.record({ verb: fc.constantFrom('collectProtocol' as const, 'collectStakers' as const) }),
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** Two payers, and a third model that owes the adapter a third of its owner's part. */
async function fixture() {
  const given = await paymentsSystem()
  const { token, payments, builder, payer, stranger } = given
  await registerModel(given, builder, ADAPTER, 3333)
  await token.transfer(stranger, 10_000n)
  await token.connect(stranger).approve(payments, ethers.MaxUint256)
  return { ...given, payers: [payer, stranger] }
}

async function take(given: PaymentsSystem & { payers: PaymentsSystem['payer'][] }, one: Step) {
  const { payments, token, builder, payers } = given
  switch (one.verb) {
    case 'deposit':
    case 'payDirect': {
      const payer = payers[one.payerIndex]!
      if ((await token.balanceOf(payer)) < one.amount) return
      if (one.verb === 'deposit') await payments.connect(payer).deposit(one.amount)
      else await payments.connect(payer).payDirect(one.modelId, one.amount, REQUEST)
      return
    }
    case 'redeem': {
      const payer = payers[one.payerIndex]!
      const cumulative = (await payments.redeemed(payer, one.modelId)) + one.amount
      const voucher = { payer: payer.address, modelId: one.modelId, cumulative }
      const signature = await sign(given, payer, voucher)
      await payments.connect(builder).redeemBatch([voucher], [signature], [RECEIPTS])
      return
    }
    case 'withdraw': {
      const payer = payers[one.payerIndex]!
      if ((await payments.depositOf(payer)) < one.amount) return
      await payments.connect(payer).requestWithdrawal(one.amount)
      await time.increase(await payments.WITHDRAWAL_DELAY())
      await payments.connect(payer).withdraw()
      return
    }
    case 'tally':
      await payments.tally([one.modelId])
      return
    case 'collectContributors':
      if ((await payments.owed(one.modelId)).contributors !== 0n)
        await payments.collectContributors(one.modelId)
      return
    case 'collectOwner':
      if ((await payments.owed(one.modelId)).owner !== 0n) await payments.collectOwner(one.modelId)
      return
    case 'passLineage':
      if ((await payments.owedLineage(one.modelId)) !== 0n) await payments.passLineage(one.modelId)
      return
    case 'collectProtocol':
      if ((await payments.owedProtocol()) !== 0n) await payments.collectProtocol()
      return
    case 'collectStakers':
      if ((await payments.owedStakers()) !== 0n) await payments.collectStakers()
  }
}

describe('InferencePayments properties', () => {
  it('holds deposits, what is owed, and dust within its bound; a payer loses only what it signed or sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async steps => {
        const given = await loadFixture(fixture)
        const { payments, token, payers } = given
        for (const one of steps) await take(given, one)

        await payments.tally(MODELS)
        let owed = (await payments.owedProtocol()) + (await payments.owedStakers())
        let fees = 0n
        for (const id of MODELS) {
          const due = await payments.owed(id)
          owed += due.contributors + due.owner + (await payments.owedLineage(id))
          fees += await payments.protocolFeesOf(id)
        }
        let deposits = 0n
        for (const payer of payers) deposits += await payments.depositOf(payer)
        const dust = (await token.balanceOf(payments)) - deposits - owed
        expect(dust).to.be.within(0n, 2n * BigInt(MODELS.length) + 1n)

        const revenue = (await Promise.all(MODELS.map(id => payments.revenueOf(id)))).reduce((a, b) => a + b)
        expect(fees).to.be.at.most((revenue * 500n) / 10_000n)
        for (const payer of payers) {
          const held = (await token.balanceOf(payer)) + (await payments.depositOf(payer))
          const vouchers = await Promise.all(MODELS.map(id => payments.redeemed(payer, id)))
          const direct = await paidDirectly(given, payer.address)
          expect(held).to.equal(10_000n - vouchers.reduce((a, b) => a + b) - direct)
        }
      }),
      { numRuns: RUNS },
    )
  }).timeout(600_000)
})

async function paidDirectly({ payments }: PaymentsSystem, payer: string) {
  const events = await payments.queryFilter(payments.filters.PaidDirectly(payer))
  return events.reduce((sum, { args }) => sum + args.amount, 0n)
}
