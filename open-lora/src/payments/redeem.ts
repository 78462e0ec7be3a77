import type { ContractTransactionReceipt } from 'ethers'
import type { InferencePayments } from '../../../typechain-types'
import { OpenLoraError } from '../errors'
import type { Settlement } from '../journal/journalEntry'
import { planRedemption, type SkippedSettlement } from './planRedemption'

/** Keeps a transaction far below the gas limit of a block. */
const SETTLEMENTS_PER_TRANSACTION = 100

export interface Redemption {
  /** hashes, in the order in which they were mined; none when nothing was due */
  transactions: string[]
  /** wei that moved from the payers' deposits */
  amount: bigint
  gasUsed: bigint
  redeemed: Settlement[]
  /** paid by the chain before, perhaps by a transaction whose answer was lost */
  alreadyPaid: Settlement[]
  /** left out, so that one bad settlement does not hold up the others */
  skipped: SkippedSettlement[]
}

/**
 * Redeems settlements on chain. `contract` is connected to the owner of the models or one of their servers, who pays
 * the gas. The chain is read first, so that calling again after a crash sends nothing twice. Throws REDEMPTION_DIFFERS
 * when a transaction's events do not say what the settlements do.
 */
export async function redeem(
  contract: InferencePayments,
  settlements: readonly Settlement[],
): Promise<Redemption> {
  const { due, alreadyPaid, skipped } = await planRedemption(contract, settlements)
  const redemption: Redemption = {
    transactions: [],
    amount: 0n,
    gasUsed: 0n,
    redeemed: [],
    alreadyPaid,
    skipped,
  }
  for (let start = 0; start < due.length; start += SETTLEMENTS_PER_TRANSACTION) {
    const batch = due.slice(start, start + SETTLEMENTS_PER_TRANSACTION)
    const receipt = await send(contract, batch)
    redemption.transactions.push(receipt.hash)
    redemption.gasUsed += receipt.gasUsed
    const passed = skippedOf(contract, receipt, batch)
    const taken = batch.filter(settlement => !passed.some(each => each.settlement === settlement))
    checkEvents(contract, receipt, taken)
    redemption.skipped.push(...passed)
    redemption.redeemed.push(...taken)
    for (const { from, to } of taken) redemption.amount += BigInt(to) - BigInt(from)
  }
  return redemption
}

async function send(
  contract: InferencePayments,
  batch: readonly Settlement[],
): Promise<ContractTransactionReceipt> {
  const response = await contract.redeemBatch(
    batch.map(({ payer, modelId, to }) => ({ payer, modelId, cumulative: BigInt(to) })),
    batch.map(({ signature }) => signature),
    batch.map(({ receiptsDigest }) => receiptsDigest),
  )
  // Waiting for a receipt answers null only when asked for no confirmation.
  return (await response.wait()) as ContractTransactionReceipt
}

/** What the contract passed over: a payer may have emptied its deposit, or its wallet changed its mind, on the way. */
function skippedOf(
  contract: InferencePayments,
  receipt: ContractTransactionReceipt,
  batch: readonly Settlement[],
): SkippedSettlement[] {
  return receipt.logs.flatMap(log => {
    const event = contract.interface.parseLog(log)
    if (event?.name !== 'VoucherSkipped') return []
    const [payer, modelId] = [String(event.args.payer), Number(event.args.modelId)]
    const settlement = batch.find(each => each.payer === payer && each.modelId === modelId)
    const selector = String(event.args.reason)
    const reason = contract.interface.getError(selector)?.name ?? selector
    const what = `the chain passed over a voucher of ${payer} for model ${modelId}`
    const fault = new OpenLoraError(
      'VOUCHER_SKIPPED',
      { what, got: reason, fix: 'redeem again once its reason is gone' },
      { payer, modelId, reason },
    )
    return settlement ? [{ settlement, fault }] : []
  })
}

function checkEvents(
  contract: InferencePayments,
  receipt: ContractTransactionReceipt,
  batch: readonly Settlement[],
): void {
  const said = receipt.logs.flatMap(log => {
    const event = contract.interface.parseLog(log)
    if (event?.name !== 'VoucherRedeemed') return []
    const { payer, modelId, amount, cumulative, receiptsDigest } = event.args
    return [[payer, modelId, amount, cumulative, receiptsDigest].map(String).join(' ')]
  })
  const meant = batch.map(({ payer, modelId, from, to, receiptsDigest }) =>
    [payer, modelId, BigInt(to) - BigInt(from), to, receiptsDigest].map(String).join(' '),
  )
  if (said.join('\n') === meant.join('\n')) return
  const [got, expected, transaction] = [said.join('; '), meant.join('; '), receipt.hash]
  throw new OpenLoraError(
    'REDEMPTION_DIFFERS',
    { what: `transaction ${transaction} did not redeem what the receipts say`, got, expected },
    { got, expected, transaction },
  )
}
