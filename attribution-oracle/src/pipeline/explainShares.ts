import { REASON_WORDS, type EpochInputs, type EpochTables, type ReasonCode, type Row } from '../domain'
import { leafAmount } from '../settlement'
import { expectSum, payableScores, weightsInChainOrder } from './explainEpoch'

/** What one contribution earned from one pool, with every number on the way. */
export interface PoolShare {
  poolId: bigint
  /** as the model gave it; null when the pool does not know the contribution */
  score: number | null
  /** of a datanet's pool: nats per token that it lowers the held-out loss by, and the standard error of that */
  value?: number
  error?: number
  /** value - 1.6449 error: the score is this, limited per byte and never below 0 */
  bound?: number
  /** why an accepted contribution scores 0 */
  reason?: ReasonCode
  /** score times novelty: what the weights of the pool are made of */
  payable: number
  /** the weight that the published scores give; absent where the order of the chain is not at hand */
  scoredWeight?: bigint
  weight: bigint
  /** weights of all leaves before this one: the amount is floor(P (prefix + weight) / T) - floor(P prefix / T) */
  prefix: bigint
  totalWeight: bigint
  poolAmount: bigint
  amount: bigint
}

export interface Explanation {
  decision: Row<'screening'>
  /** why it is paid or not: what screening decided or, of an accepted one, what its score says */
  reason: ReasonCode
  words: string
  account: string
  pools: readonly PoolShare[]
  amount: bigint
}

/** One-sided 95 % quantile of the normal distribution, as the score is a bound by it. */
const Z95 = 1.6449

interface Source {
  tables: EpochTables
  /** absent: the weights are not made again from the scores */
  inputs?: Pick<EpochInputs, 'batches'>
}

/**
 * Explains the contributions that `chosen` picks from the screening table, in its order. Pure.
 * @throws INVARIANT_BROKEN when the weights table and the settlement do not say the same
 */
export function contributionsIn(
  { tables, inputs }: Source,
  chosen: (row: Row<'screening'>) => boolean,
): Explanation[] {
  const decisions = tables.screening.filter(chosen)
  const ids = new Set(decisions.map(({ id }) => id))
  const shares = new Map<bigint, PoolShare[]>()
  for (const pool of tables.manifest) {
    for (const [id, share] of sharesOf(tables, pool, ids, inputs))
      shares.set(id, [...(shares.get(id) ?? []), share])
  }
  return decisions.map(decision => {
    const pools = shares.get(decision.id) ?? []
    const reason = reasonOf(decision, pools)
    return {
      decision,
      reason,
      words: REASON_WORDS[reason],
      account: tables.ledger[decision.contributorIndex]!.account,
      pools,
      amount: pools.reduce((sum, { amount }) => sum + amount, 0n),
    }
  })
}

/** A decision stands; an accepted contribution may still score 0, for a reason of its own. */
function reasonOf({ reason }: Row<'screening'>, pools: readonly PoolShare[]): ReasonCode {
  return reason === 'ACCEPTED' ? (pools.find(share => share.reason)?.reason ?? reason) : reason
}

function sharesOf(
  tables: EpochTables,
  { poolId, totalWeight, amount: poolAmount }: Row<'manifest'>,
  ids: ReadonlySet<bigint>,
  inputs: Pick<EpochInputs, 'batches'> | undefined,
): Map<bigint, PoolShare> {
  const own = ({ poolId: pool, contributionId }: { poolId: bigint; contributionId: bigint }): boolean =>
    pool === poolId && ids.has(contributionId)
  const leaves = new Map(tables.settlement.filter(own).map(leaf => [leaf.contributionId, leaf]))
  const scores = new Map(tables.scores.filter(own).map(row => [row.contributionId, row]))
  const weights = new Map(tables.weights.filter(own).map(row => [row.contributionId, row.weight]))
  const known = new Set([...scores.keys(), ...leaves.keys(), ...weights.keys()])
  if (known.size === 0) return new Map()
  const payable = payableScores(tables, poolId)
  const scored = inputs && weightsInChainOrder(payable, inputs)
  return new Map(
    [...known].map(id => {
      const { score = null, value, error, reason } = scores.get(id) ?? {}
      const estimate =
        value === undefined || error === undefined ? {} : { value, error, bound: value - Z95 * error }
      const leaf = leaves.get(id)
      const weight = leaf?.weight ?? 0n
      expectSum(`weight of contribution ${id} in pool ${poolId}`, weight, weights.get(id) ?? 0n)
      const share = {
        poolId,
        score,
        ...estimate,
        ...(reason && { reason }),
        payable: payable.get(id) ?? 0,
        ...(scored && { scoredWeight: scored.get(id) ?? 0n }),
        weight,
        prefix: leaf?.prefix ?? 0n,
        totalWeight,
        poolAmount,
        amount: leaf ? leafAmount(poolAmount, totalWeight, leaf) : 0n,
      }
      return [id, share]
    }),
  )
}
