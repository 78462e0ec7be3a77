import { signVoucher } from '@open-datanets/open-lora'
import { id, parseEther, Wallet } from 'ethers'
import { CHAIN_ID, gasOf } from './anvil'
import { mean, type Figure } from './figure'
import { DATANET, type Protocol } from './protocol'

const BATCH_ITEMS = 1000
const MODEL = 1
const FIRST_PAYER = 20
const SINGLE = 16
const BATCHES = [16, 50] as const
const PAYERS = Math.max(SINGLE, ...BATCHES)

/** What contributors do every day. */
export async function commitFigures({ anvil, system }: Protocol): Promise<Figure[]> {
  const registry = system.datanetRegistry.connect(anvil.account(15))
  const commit = (name: string) => gasOf(registry.commit(DATANET, id(name), id(`manifest of ${name}`)))
  const first = await commit('first')
  const later = await commit('second')
  const batch = await gasOf(
    registry.commitBatch(DATANET, id('items'), BATCH_ITEMS, id('manifest of the batch')),
  )
  return [
    { name: 'commit, first of a contributor', value: first },
    { name: 'commit, later', value: later, bar: 31_000 },
    { name: `commit a batch of ${BATCH_ITEMS}`, value: batch, bar: 40 * BATCH_ITEMS },
  ]
}

/** Vouchers of payers with a deposit, redeemed by the model's owner. */
export async function redeemFigures({ anvil, system }: Protocol): Promise<Figure[]> {
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
      supersedes: 0,
      lineageBps: 0,
    }),
  )
  const domain = { chainId: BigInt(CHAIN_ID), payments: await inferencePayments.getAddress() }
  const payers = Array.from({ length: PAYERS }, (_, i) => anvil.account(FIRST_PAYER + i))
  for (const payer of payers) {
    await gasOf(token.transfer(payer, parseEther('10')))
    await gasOf(token.connect(payer).approve(inferencePayments, parseEther('10')))
    await gasOf(inferencePayments.connect(payer).deposit(parseEther('10')))
  }
  const vouchers = (open: string, count: number) =>
    Promise.all(
      payers
        .slice(0, count)
        .map(payer =>
          signVoucher(payer, domain, { payer: payer.address, modelId: MODEL, cumulative: parseEther(open) }),
        ),
    )
  const single = async (open: string, count: number): Promise<number> => {
    const gas: number[] = []
    for (const { voucher, signature } of await vouchers(open, count))
      gas.push(await gasOf(inferencePayments.redeem(voucher, signature, id('receipts'))))
    return mean(gas)
  }
  const first = await single('1', PAYERS)
  const later = await single('2', SINGLE)
  const figures: Figure[] = [
    { name: 'redeem, first voucher of a payer', value: first },
    { name: 'redeem, later voucher', value: later },
  ]
  for (const [i, size] of BATCHES.entries()) {
    const signed = await vouchers(String(3 + i), size)
    const gas = await gasOf(
      inferencePayments.redeemBatch(
        signed.map(({ voucher }) => voucher),
        signed.map(({ signature }) => signature),
        signed.map(() => id('receipts')),
      ),
    )
    figures.push({ name: `redeem a batch of ${size}, per voucher`, value: Math.round(gas / size) })
  }
  return figures
}

/** Plain transfers, and those between accounts whose votes are delegated. */
export async function transferFigures({ anvil, system }: Protocol): Promise<Figure[]> {
  const { token } = system
  const [from, to, third] = [16, 17, 18].map(index => anvil.account(index))
  await gasOf(token.transfer(from!, parseEther('100')))
  const transfer = (recipient: string) => gasOf(token.connect(from!).transfer(recipient, parseEther('1')))
  const fresh = await transfer(new Wallet(id('nobody yet')).address)
  await transfer(to!.address)
  const known = await transfer(to!.address)
  const approve = await gasOf(token.connect(from!).approve(third!, parseEther('10')))
  const pulled = await gasOf(token.connect(third!).transferFrom(from!, to!, parseEther('1')))
  // a checkpoint of the same second would be written over: every one here is a new one
  const later = <T>(work: () => Promise<T>): Promise<T> => anvil.pass(60).then(work)
  for (const account of [from!, to!]) await later(() => gasOf(token.connect(account).delegate(account)))
  await later(() => transfer(to!.address))
  return [
    { name: 'transfer to a new holder', value: fresh },
    { name: 'transfer to a holder', value: known },
    { name: 'approve', value: approve },
    { name: 'transferFrom', value: pulled },
    { name: 'transfer, both delegated', value: await later(() => transfer(to!.address)) },
  ]
}
