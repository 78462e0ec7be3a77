import type { EpochInputs } from '../domain'
import type { StepResult } from '../store'
import type { Settled } from './settleStage'

/** What every account earned, as the store keeps it. */
export function earningsOf(
  inputs: EpochInputs,
  { settlement }: Settled,
): NonNullable<StepResult['earnings']> {
  return settlement.journal.leaves.map(({ contributorIndex, poolPosition, amount }) => ({
    contributorIndex,
    account: inputs.contributors[contributorIndex]!.account,
    poolId: settlement.pools[poolPosition]!.poolId,
    amount,
  }))
}
