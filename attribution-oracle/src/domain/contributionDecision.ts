import type { ReasonCode, Verdict } from './reasonCode'

/** What one pool gave a contribution. */
export interface ContributionPart {
  poolId: bigint
  /** null when the pool does not know the contribution */
  score: number | null
  /** why an accepted contribution scores 0 */
  reason: ReasonCode | undefined
  weight: bigint
  /** wei */
  amount: bigint
}

/** What an epoch decided of a contribution, or of a run of `count` from `id` on that it never looked into. */
export interface ContributionDecision {
  epoch: number
  id: bigint
  count: number
  contributorIndex: number
  account: string
  verdict: Verdict
  reason: ReasonCode
  /** the contribution that it is a copy of, else itself */
  representative: bigint
  novelty: number
  detail: string
  amount: bigint
  pools: readonly ContributionPart[]
}
