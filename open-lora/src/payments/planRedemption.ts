import type { InferencePayments } from '../../../typechain-types'
import { OpenLoraError } from '../errors'
import type { Settlement } from '../journal/journalEntry'

export interface SkippedSettlement {
  settlement: Settlement
  /**
   * SETTLEMENT_GAP: the chain does not stand where the settlement starts. DEPOSIT_TOO_LOW. VOUCHER_SKIPPED: the batch
   * went on without it.
   */
  fault: OpenLoraError
}

export interface RedemptionPlan {
  due: Settlement[]
  alreadyPaid: Settlement[]
  skipped: SkippedSettlement[]
}

/** Sorts settlements by what the chain says: each must continue what is redeemed, and its payer's deposit must cover it. */
export async function planRedemption(
  contract: InferencePayments,
  settlements: readonly Settlement[],
): Promise<RedemptionPlan> {
  const plan: RedemptionPlan = { due: [], alreadyPaid: [], skipped: [] }
  const reached = new Map<string, bigint>()
  const deposits = new Map<string, bigint>()
  for (const settlement of settlements) {
    const { payer, modelId } = settlement
    const [from, to] = [BigInt(settlement.from), BigInt(settlement.to)]
    const key = `${payer}/${modelId}`
    const redeemed = reached.get(key) ?? (await contract.redeemed(payer, modelId))
    const deposit = deposits.get(payer) ?? (await contract.depositOf(payer))
    reached.set(key, redeemed)
    deposits.set(payer, deposit)

    if (redeemed >= to) plan.alreadyPaid.push(settlement)
    else if (redeemed !== from) plan.skipped.push({ settlement, fault: gap(settlement, redeemed) })
    else if (deposit < to - from)
      plan.skipped.push({ settlement, fault: uncovered(settlement, to - from, deposit) })
    else {
      reached.set(key, to)
      deposits.set(payer, deposit - (to - from))
      plan.due.push(settlement)
    }
  }
  return plan
}

function gap({ payer, modelId, from }: Settlement, redeemed: bigint): OpenLoraError {
  return new OpenLoraError(
    'SETTLEMENT_GAP',
    {
      what: `a settlement of ${payer} for model ${modelId} does not continue what is redeemed`,
      got: String(redeemed),
      expected: from,
      fix: 'redeem the earlier settlements of this payer first',
    },
    { got: String(redeemed), expected: from },
  )
}

function uncovered({ payer }: Settlement, amount: bigint, deposit: bigint): OpenLoraError {
  return new OpenLoraError(
    'DEPOSIT_TOO_LOW',
    {
      what: `the deposit of ${payer} does not cover a settlement`,
      got: String(deposit),
      expected: `at least ${amount}`,
      fix: 'redeem again when the payer has deposited more',
    },
    { got: String(deposit), expected: String(amount) },
  )
}
