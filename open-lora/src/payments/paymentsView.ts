import type { InferencePayments } from '../../../typechain-types'

/** What the server asks the chain before it serves on credit. */
export interface PaymentsView {
  /** wei that `payer` has on deposit and has not announced to withdraw */
  depositOf(payer: string): Promise<bigint>
  /** cumulative wei that was redeemed from `payer` for `modelId` */
  redeemed(payer: string, modelId: number): Promise<bigint>
}

/** The view of the deployed contract, at the latest block. */
export function paymentsView(contract: InferencePayments): PaymentsView {
  return {
    depositOf: payer => contract.coverOf(payer),
    redeemed: (payer, modelId) => contract.redeemed(payer, modelId),
  }
}
