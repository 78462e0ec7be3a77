import { time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type AddressLike, type Wallet, Signature, id } from 'ethers'

import { poolId } from '../../attribution-oracle/src/domain'
import { signPayment } from '../../scripts/authorizationFile'
import { signVoucher, type VoucherFile } from '../../scripts/voucherFile'
import { OPEN } from './cast'
import { ADAPTER, BASE, LINEAGE_BPS, MODELS } from './models'
import type { World } from './world'

const DEPOSIT = 20_000n * OPEN
const RECEIPTS = id('receipts')
const REQUEST = id('request')
const WHOLE = 10_000n

/** A key and a wallet contract make deposits; two more payers hold what they will pay directly. */
export async function deposit({ system, cast, wallet }: World): Promise<void> {
  const { token, inferencePayments } = system
  const payers: AddressLike[] = [cast.depositor, wallet, cast.directPayer, cast.signingPayer]
  for (const payer of payers) await token.connect(cast.market).transfer(payer, DEPOSIT)
  await token.connect(cast.depositor).approve(inferencePayments, DEPOSIT)
  await inferencePayments.connect(cast.depositor).deposit(DEPOSIT)
  const spender = await inferencePayments.getAddress()
  await wallet.execute(token, token.interface.encodeFunctionData('approve', [spender, DEPOSIT]))
  await wallet.execute(
    inferencePayments,
    inferencePayments.interface.encodeFunctionData('deposit', [DEPOSIT]),
  )
  await token.connect(cast.directPayer).approve(inferencePayments, DEPOSIT)
}

/**
 * Every model is paid in four ways: vouchers of a key and of a wallet contract, redeemed together with a forged one
 * that is skipped; directly; and by a signed authorization that anyone sends in. Amounts are odd, so that there is dust.
 */
export async function serve(world: World, models: readonly number[], unit: bigint): Promise<void> {
  const { system, cast, wallet } = world
  const { inferencePayments } = system
  const before = new Map<number, bigint>()
  const vouchers: VoucherFile[] = []
  for (const modelId of models) {
    before.set(modelId, await inferencePayments.revenueOf(modelId))
    const own = await voucher(world, cast.depositor.address, cast.depositor, modelId, unit * 3n)
    const ofWallet = await voucher(world, await wallet.getAddress(), cast.walletKey, modelId, unit * 5n)
    vouchers.push(own, ofWallet)
  }
  const last = vouchers.at(-1)!
  const forged = { ...last.voucher, cumulative: last.voucher.cumulative + 1n }
  const redeemed = inferencePayments.connect(cast.server).redeemBatch(
    [...vouchers.map(({ voucher }) => voucher), forged],
    [...vouchers.map(({ signature }) => signature), last.signature],
    [...vouchers, last].map(() => RECEIPTS),
  )
  await expect(redeemed)
    .to.emit(inferencePayments, 'VoucherSkipped')
    .withArgs(
      forged.payer,
      forged.modelId,
      inferencePayments.interface.getError('InferencePayments_WrongSigner')!.selector,
    )
  for (const modelId of models) {
    await inferencePayments.connect(cast.directPayer).payDirect(modelId, unit * 7n, REQUEST)
    await payBySignature(world, modelId, unit * 11n)
    expect(await inferencePayments.revenueOf(modelId)).to.equal(before.get(modelId)! + unit * 26n)
  }
}

/** Fees go to the pools, the base's owner, the owners, the treasury and the stakers; nothing but dust stays. */
export async function collect({ system, cast }: World, models: readonly number[]): Promise<void> {
  const { inferencePayments, rewardEscrow, parameters, record } = system
  const payments = inferencePayments.connect(cast.anyone)
  await payments.tally([...models])
  for (const modelId of models) await payments.collectContributors(modelId)
  const lineage = await inferencePayments.owedLineage(ADAPTER)
  await expect(payments.passLineage(ADAPTER))
    .to.emit(inferencePayments, 'LineagePassed')
    .withArgs(ADAPTER, BASE, lineage)
  for (const modelId of models) await payments.collectOwner(modelId)
  await payments.collectProtocol()
  await payments.collectStakers()
  const { protocolBps, stakersBps, modelBps } = parameters.split
  const filter = inferencePayments.filters.LineagePassed(ADAPTER)
  const passed = (await inferencePayments.queryFilter(filter, record.blockNumber))
    .map(({ args }) => args.amount)
    .reduce((sum, amount) => sum + amount, 0n)
  for (const modelId of MODELS) {
    expect(await inferencePayments.owed(modelId)).to.deep.equal([0n, 0n])
    const revenue = await inferencePayments.revenueOf(modelId)
    const part = (bps: number) => (revenue * BigInt(bps)) / WHOLE
    const contributors = part(10_000 - protocolBps - stakersBps - modelBps)
    expect(await rewardEscrow.funded(poolId('model', modelId))).to.equal(contributors)
    expect(await inferencePayments.protocolFeesOf(modelId)).to.equal(part(protocolBps))
    if (modelId === ADAPTER) expect(passed).to.equal((part(modelBps) * BigInt(LINEAGE_BPS)) / WHOLE)
  }
}

/** Payers take back what they did not spend. */
export async function withdrawDeposits({ system, cast, wallet }: World): Promise<void> {
  const { inferencePayments } = system
  const payments = inferencePayments.connect(cast.depositor)
  await payments.requestWithdrawal(await inferencePayments.depositOf(cast.depositor))
  const left = await inferencePayments.depositOf(wallet)
  await wallet.execute(
    inferencePayments,
    inferencePayments.interface.encodeFunctionData('requestWithdrawal', [left]),
  )
  await time.increase(await inferencePayments.WITHDRAWAL_DELAY())
  await payments.withdraw()
  await wallet.execute(inferencePayments, inferencePayments.interface.encodeFunctionData('withdraw'))
  expect(await inferencePayments.depositOf(cast.depositor)).to.equal(0n)
  expect(await inferencePayments.depositOf(wallet)).to.equal(0n)
}

async function voucher(
  { system }: World,
  payer: string,
  signer: Wallet,
  modelId: number,
  amount: bigint,
): Promise<VoucherFile> {
  const redeemed = await system.inferencePayments.redeemed(payer, modelId)
  return signVoucher(system, signer, { payer, modelId, cumulative: redeemed + amount })
}

async function payBySignature({ system, cast }: World, modelId: number, value: bigint): Promise<void> {
  const from = cast.signingPayer.address
  const validBefore = BigInt(await time.latest()) + 3_600n
  const salt = id(`${modelId} ${await system.inferencePayments.revenueOf(modelId)}`)
  const { payment, signature } = await signPayment(system, cast.signingPayer, {
    modelId,
    requestDigest: REQUEST,
    from,
    value,
    validAfter: 0n,
    validBefore,
    salt,
  })
  const { v, r, s } = Signature.from(signature)
  await expect(
    system.inferencePayments
      .connect(cast.anyone)
      .payWithAuthorization(modelId, REQUEST, { ...payment, v, r, s }),
  )
    .to.emit(system.inferencePayments, 'PaidDirectly')
    .withArgs(from, modelId, value, REQUEST)
}
