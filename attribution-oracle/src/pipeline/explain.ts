import { readEpoch } from '../content'
import type { ContentStore, Post, ReasonCode, Row } from '../domain'
import { AttributionOracleError } from '../errors'
import { leafAmount } from '../settlement'

/** What one contribution earned from one pool, with every number on the way. */
export interface PoolShare {
  poolId: bigint
  /** as the model gave it; null when the pool does not know the contribution */
  score: number | null
  /** of a datanet's pool: nats per token that it lowers the held-out loss by, and the standard error of that */
  value?: number
  error?: number
  /** why an accepted contribution scores 0 */
  reason?: ReasonCode
  weight: bigint
  totalWeight: bigint
  poolAmount: bigint
  amount: bigint
}

export interface Explanation {
  decision: Row<'screening'>
  account: string
  pools: readonly PoolShare[]
  amount: bigint
}

/**
 * Rebuilds what a contribution earned in an epoch: decision -> score -> weight -> pool -> amount.
 * @throws INVALID_ARGUMENT when the epoch knows no such contribution
 */
export async function explainContribution(
  content: ContentStore,
  post: Post,
  id: bigint,
): Promise<Explanation> {
  const { tables } = await readEpoch(content, post.dataDigest, post)
  const decision = tables.screening.find(row => row.id <= id && id < row.id + BigInt(row.count))
  if (!decision) {
    const expected = `a contribution of epoch ${post.epoch}`
    throw new AttributionOracleError(
      'INVALID_ARGUMENT',
      { what: 'The epoch knows no such contribution', got: String(id), expected },
      { argument: 'contribution', got: String(id), expected },
    )
  }
  const pools = tables.manifest.flatMap(({ poolId, totalWeight, amount: poolAmount }) => {
    const scored = tables.scores.find(row => row.poolId === poolId && row.contributionId === id)
    const { score = null, value, error, reason } = scored ?? {}
    const estimate =
      value === undefined || error === undefined ? {} : { value, error, ...(reason && { reason }) }
    const leaf = tables.settlement.find(row => row.poolId === poolId && row.contributionId === id)
    const amount = leaf ? leafAmount(poolAmount, totalWeight, leaf) : 0n
    return score === null && !leaf
      ? []
      : [{ poolId, score, ...estimate, weight: leaf?.weight ?? 0n, totalWeight, poolAmount, amount }]
  })
  return {
    decision,
    account: tables.ledger[decision.contributorIndex]!.account,
    pools,
    amount: pools.reduce((sum, { amount }) => sum + amount, 0n),
  }
}
