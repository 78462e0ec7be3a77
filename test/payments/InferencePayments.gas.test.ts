import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type ContractTransactionResponse, Wallet } from 'ethers'
import hre, { ethers } from 'hardhat'
import { ADAPTER, MODEL, RECEIPTS, REQUEST, VOUCHER, authorized, paymentsSystem } from './paymentsSystem'

const OPEN = 10n ** 18n

/** Fifty payers with deposits, so that a batch is not made cheap by warm slots. */
async function crowd() {
  const given = await paymentsSystem()
  const { payments, token, owner } = given
  const wallets = Array.from({ length: 50 }, (_, i) => new Wallet(ethers.id(`payer ${i}`), ethers.provider))
  for (const wallet of wallets) {
    await owner.sendTransaction({ to: wallet.address, value: OPEN })
    await token.transfer(wallet, 1000n * OPEN)
    await token.connect(wallet).approve(payments, ethers.MaxUint256)
    await payments.connect(wallet).deposit(500n * OPEN)
  }
  const batch = async (count: number, cumulative: bigint, modelId = MODEL) => {
    const vouchers = wallets.slice(0, count).map(({ address }) => ({ payer: address, modelId, cumulative }))
    const signatures = await Promise.all(
      vouchers.map((voucher, i) => wallets[i]!.signTypedData(given.domain, VOUCHER, voucher)),
    )
    return { vouchers, signatures, digests: vouchers.map(() => RECEIPTS) }
  }
  return { ...given, wallets, batch }
}

async function gasOf(sent: Promise<ContractTransactionResponse>) {
  return Number((await (await sent).wait())!.gasUsed)
}

// Measured values, rounded up: whoever raises one has to say why.
describe('InferencePayments gas', () => {
  before(function () {
    // Instrumented code has other costs.
    if ('__SOLIDITY_COVERAGE_RUNNING' in hre) this.skip()
  })

  it('redeems one voucher: the first of a payer, a later one, and the same for a second model', async () => {
    const { payments, builder, batch } = await loadFixture(crowd)
    const redeem = async (cumulative: bigint, modelId = MODEL) => {
      const { vouchers, signatures } = await batch(1, cumulative, modelId)
      return gasOf(payments.connect(builder).redeem(vouchers[0]!, signatures[0]!, RECEIPTS))
    }
    expect(await redeem(7n * OPEN)).to.be.at.most(67_200)
    expect(await redeem(19n * OPEN)).to.be.at.most(50_100)
    expect(await redeem(7n * OPEN, ADAPTER)).to.be.at.most(89_600)
    expect(await redeem(19n * OPEN, ADAPTER)).to.be.at.most(55_500)
  })

  const BATCHES = [
    { count: 1, first: 69_600, later: 52_500 },
    { count: 16, first: 21_000, later: 19_900 },
    { count: 50, first: 18_800, later: 18_400 },
  ]
  for (const { count, first, later } of BATCHES) {
    it(`redeems ${count} in a batch below ${first} each the first time, ${later} later`, async () => {
      const { payments, builder, batch } = await loadFixture(crowd)
      const redeem = async (cumulative: bigint) => {
        const { vouchers, signatures, digests } = await batch(count, cumulative)
        return (await gasOf(payments.connect(builder).redeemBatch(vouchers, signatures, digests))) / count
      }
      expect(await redeem(7n * OPEN)).to.be.at.most(first)
      expect(await redeem(19n * OPEN)).to.be.at.most(later)
    })
  }

  it('pays directly, and by authorization', async () => {
    const given = await loadFixture(crowd)
    const { payments, payer } = given
    const pay = () => gasOf(payments.connect(payer).payDirect(MODEL, 10n, REQUEST))
    expect(await pay()).to.be.at.most(71_200)
    expect(await pay()).to.be.at.most(48_500)
    const authorization = await authorized(given, 10n)
    expect(await gasOf(payments.payWithAuthorization(MODEL, REQUEST, authorization))).to.be.at.most(78_900)
  })

  it('passes lineage on, and collects', async () => {
    const { payments, builder, batch } = await loadFixture(crowd)
    for (const cumulative of [7n * OPEN, 19n * OPEN]) {
      const { vouchers, signatures, digests } = await batch(16, cumulative, ADAPTER)
      await payments.connect(builder).redeemBatch(vouchers, signatures, digests)
      const calls = {
        tally: await gasOf(payments.tally([ADAPTER])),
        passLineage: await gasOf(payments.passLineage(ADAPTER)),
        collectOwner: await gasOf(payments.collectOwner(ADAPTER)),
        collectContributors: await gasOf(payments.collectContributors(ADAPTER)),
        collectProtocol: await gasOf(payments.collectProtocol()),
        collectStakers: await gasOf(payments.collectStakers()),
      }
      expect(Math.max(...Object.values(calls))).to.be.at.most(190_000)
    }
  })
})
