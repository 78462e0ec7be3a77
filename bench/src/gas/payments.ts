import { signVoucher } from '@open-datanets/open-lora'
import { id, parseEther } from 'ethers'
import { CHAIN_ID, gasOf } from './anvil'
import { DATANET, type Protocol } from './protocol'

const MODEL = 1
const PAYERS = 16
const FIRST_PAYER = 3

export interface PaymentGas {
  readonly first: number
  readonly repeat: number
  /** One voucher of a batch that holds one of each of 16 payers. */
  readonly inBatch: number
}

/** Vouchers of payers with a deposit, redeemed by the model's owner. */
export async function redeemGas({ anvil, system }: Protocol): Promise<PaymentGas> {
  const { datanetRegistry, inferencePayments, modelRegistry, token } = system
  const owner = anvil.account(0)
  await gasOf(datanetRegistry.setBuilder(DATANET, owner, true))
  await gasOf(
    modelRegistry.registerModel({
      name: 'base',
      baseModelId: 0,
      datanetId: DATANET,
      artifactDigest: id('artifact'),
      manifestDigest: id('manifest'),
      pricePerToken: 1n,
    }),
  )
  await gasOf(inferencePayments.setServer(MODEL, owner, true))
  const domain = { chainId: BigInt(CHAIN_ID), payments: await inferencePayments.getAddress() }
  const payers = Array.from({ length: PAYERS }, (_, i) => anvil.account(FIRST_PAYER + i))
  for (const payer of payers) {
    await gasOf(token.transfer(payer, parseEther('10')))
    await gasOf(token.connect(payer).approve(inferencePayments, parseEther('10')))
    await gasOf(inferencePayments.connect(payer).deposit(parseEther('10')))
  }
  const vouchers = (open: string) =>
    Promise.all(
      payers.map(payer =>
        signVoucher(payer, domain, { payer: payer.address, modelId: MODEL, cumulative: parseEther(open) }),
      ),
    )
  const redeem = async (signed: Awaited<ReturnType<typeof vouchers>>): Promise<number> => {
    let sum = 0
    for (const { voucher, signature } of signed)
      sum += await gasOf(inferencePayments.redeem(voucher, signature, id('receipts')))
    return Math.round(sum / signed.length)
  }
  const first = await redeem(await vouchers('1'))
  const repeat = await redeem(await vouchers('2'))
  const third = await vouchers('3')
  const batch = await gasOf(
    inferencePayments.redeemBatch(
      third.map(({ voucher }) => voucher),
      third.map(({ signature }) => signature),
      third.map(() => id('receipts')),
    ),
  )
  return { first, repeat, inBatch: Math.round(batch / PAYERS) }
}
