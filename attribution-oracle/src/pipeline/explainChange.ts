import { poolParts, type EpochTables, type ReasonCode, type Row } from '../domain'
import {
  expectSum,
  leavesOf,
  payableScores,
  redemptionsOf,
  weightsInChainOrder,
  type SettledEpoch,
} from './explainEpoch'

/**
 * Why an account's amount from a pool is another one than in the epoch before, in the order in which the causes are taken
 * into account: each is what the amount moves by when it comes on top of those before it.
 */
export const CAUSES = [
  /** the pool paid more or less: its change at the old share */
  'pool',
  /** contributions that were taken back or replaced */
  'withdrawn',
  /** contributions whose decision or reason is another one now */
  'decision',
  /** contributions that the epoch before did not know */
  'new',
  /** other scores for the same contributions */
  'ownScores',
  /** what others contributed and how it scored */
  'others',
  /** weights that are not those of the published scores; 0 of an honest post */
  'posted',
  /** floors: a pool is split by differences of running sums, which gives a wei to one neighbour or the other */
  'rounding',
] as const
export type Cause = (typeof CAUSES)[number]

export interface PoolChange {
  poolId: bigint
  before: bigint
  after: bigint
  /** they sum to after - before */
  causes: Readonly<Record<Cause, bigint>>
}

export interface Change {
  /** the epoch that it is the difference to */
  since: number
  before: bigint
  after: bigint
  /** after - before, the sum of `causes` */
  difference: bigint
  causes: Readonly<Record<Cause, bigint>>
  pools: readonly PoolChange[]
  /** contributions of the account whose decision or reason is another one than before; null: not known then */
  decisions: readonly { id: bigint; before: ReasonCode | null; after: ReasonCode }[]
}

const GONE: readonly ReasonCode[] = ['WITHDRAWN', 'SUPERSEDED']

/**
 * Takes the difference between two epochs apart, to the wei. The pool's change is taken at the old share. The share then
 * moves, at the new size of the pool, from the old scores to the new ones: one kind of own contribution after the other,
 * others last. In between, weights are made of scores as the protocol makes them. A pool that paid nothing in one of the
 * epochs has no share to compare with: all of its difference is the pool's.
 *
 * Usage is counted in units of the fees behind it, so the scores of the epoch before are first brought to this epoch's
 * fees: that more was sold moves the pool and not the share.
 * @throws INVARIANT_BROKEN when the causes do not sum to the difference
 */
export function causesOf(now: SettledEpoch, before: SettledEpoch, contributorIndex: number): Change {
  const decisions = decisionsOf(now, before, contributorIndex)
  const kinds = new Map(decisions.map(each => [each.id, kindOf(each)]))
  const poolIds = [...now.tables.manifest, ...before.tables.manifest].map(({ poolId }) => poolId)
  const pools = [...new Set(poolIds)]
    .sort((a, b) => (a < b ? -1 : 1))
    .map(poolId => poolChange(poolId, now, before, contributorIndex, kinds))
    .filter(change => change.before > 0n || change.after > 0n)
  const total = (of: (pool: PoolChange) => bigint): bigint => pools.reduce((sum, pool) => sum + of(pool), 0n)
  return {
    since: before.post.epoch,
    before: total(pool => pool.before),
    after: total(pool => pool.after),
    difference: total(pool => pool.after - pool.before),
    causes: record(cause => total(pool => pool.causes[cause])),
    pools,
    decisions: decisions.filter(each => each.before !== each.after),
  }
}

interface Reasoned {
  id: bigint
  before: ReasonCode | null
  after: ReasonCode
}

type Kind = Extract<Cause, 'withdrawn' | 'decision' | 'new' | 'ownScores'>

function kindOf({ before, after }: Reasoned): Kind {
  if (before === null) return 'new'
  if (before === after) return 'ownScores'
  return GONE.includes(after) || GONE.includes(before) ? 'withdrawn' : 'decision'
}

/** Every contribution of an account with its reasons; runs that were never looked into stand for their first one. */
function decisionsOf(now: SettledEpoch, before: SettledEpoch, contributorIndex: number): Reasoned[] {
  const earlier = reasonsOf(before.tables, contributorIndex)
  return [...reasonsOf(now.tables, contributorIndex)].map(([id, after]) => ({
    id,
    before: earlier.get(id) ?? runOf(before.tables, id),
    after,
  }))
}

function reasonsOf({ screening, scores }: EpochTables, contributorIndex: number): Map<bigint, ReasonCode> {
  const scored = new Map(
    scores.flatMap(row => (row.reason ? [[row.contributionId, row.reason] as const] : [])),
  )
  return new Map(
    screening
      .filter(row => row.contributorIndex === contributorIndex)
      .map(({ id, reason }) => [id, reason === 'ACCEPTED' ? (scored.get(id) ?? reason) : reason]),
  )
}

function runOf({ screening }: EpochTables, id: bigint): ReasonCode | null {
  return screening.find(row => row.id <= id && id < row.id + BigInt(row.count))?.reason ?? null
}

function poolChange(
  poolId: bigint,
  now: SettledEpoch,
  before: SettledEpoch,
  contributorIndex: number,
  kinds: ReadonlyMap<bigint, Kind>,
): PoolChange {
  const [old, current] = [paidOf(before, poolId, contributorIndex), paidOf(now, poolId, contributorIndex)]
  const causes = record(() => 0n)
  let at = old.amount
  const reach = (cause: Cause, amount: bigint): void => {
    causes[cause] += amount - at
    at = amount
  }
  if (old.totalWeight > 0n && current.totalWeight > 0n) {
    reach('rounding', share(old.pool, old))
    reach('pool', share(current.pool, old))
    for (const { cause, weights } of path(poolId, now, before, contributorIndex, kinds))
      reach(cause, share(current.pool, weights))
    reach('posted', share(current.pool, current))
    reach('rounding', current.amount)
  }
  reach('pool', current.amount)
  const sum = Object.values(causes).reduce((total, amount) => total + amount, 0n)
  expectSum(`causes of the difference in pool ${poolId}`, sum, current.amount - old.amount)
  return { poolId, before: old.amount, after: current.amount, causes }
}

interface OwnWeight {
  weight: bigint
  totalWeight: bigint
}

function share(pool: bigint, { weight, totalWeight }: OwnWeight): bigint {
  return totalWeight === 0n ? 0n : (pool * weight) / totalWeight
}

function paidOf({ tables }: SettledEpoch, poolId: bigint, contributorIndex: number) {
  const position = tables.manifest.findIndex(row => row.poolId === poolId)
  const { amount: pool = 0n, totalWeight = 0n } = tables.manifest[position] ?? {}
  const own = leavesOf(tables, poolId).filter(leaf => leaf.contributorIndex === contributorIndex)
  const entry = tables.journal.find(
    row => row.contributorIndex === contributorIndex && row.poolPosition === position,
  )
  const weight = own.reduce((sum, leaf) => sum + leaf.weight, 0n)
  return { pool, totalWeight, weight, amount: entry?.amount ?? 0n }
}

/** From the old scores to the new ones, one cause at a time, with the account's weight at every stop. */
function path(
  poolId: bigint,
  now: SettledEpoch,
  before: SettledEpoch,
  contributorIndex: number,
  kinds: ReadonlyMap<bigint, Kind>,
): { cause: Cause; weights: OwnWeight }[] {
  const scores = payableScores(before.tables, poolId)
  const target = payableScores(now.tables, poolId)
  const mine = new Set(
    [...now.tables.screening, ...before.tables.screening]
      .filter(row => row.contributorIndex === contributorIndex)
      .map(({ id }) => id),
  )
  const stop = (cause: Cause): { cause: Cause; weights: OwnWeight } => ({
    cause,
    weights: weightOf(weightsInChainOrder(scores, now.inputs), mine),
  })
  const stops = [stop('posted')]
  const [fees, feesBefore] = [feesOf(now, poolId), feesOf(before, poolId)]
  const scale = fees > 0n && feesBefore > 0n ? Number(fees) / Number(feesBefore) : 1
  for (const [id, score] of scores) scores.set(id, score * scale)
  for (const cause of ['withdrawn', 'decision', 'new', 'ownScores'] as const) {
    const changed = [...mine].filter(id => (kinds.get(id) ?? 'withdrawn') === cause)
    for (const id of changed) replace(scores, id, target)
    if (changed.length > 0) stops.push(stop(cause))
  }
  for (const id of new Set([...scores.keys(), ...target.keys()])) replace(scores, id, target)
  return [...stops, stop('others')]
}

function replace(scores: Map<bigint, number>, id: bigint, target: ReadonlyMap<bigint, number>): void {
  const score = target.get(id)
  if (score === undefined) scores.delete(id)
  else scores.set(id, score)
}

function weightOf(weights: ReadonlyMap<bigint, bigint>, mine: ReadonlySet<bigint>): OwnWeight {
  const own = { weight: 0n, totalWeight: 0n }
  for (const [id, weight] of weights) {
    own.totalWeight += weight
    if (mine.has(id)) own.weight += weight
  }
  return own
}

/** What was paid for a model's outputs and is explained by receipts; 0 for a datanet. */
function feesOf({ tables }: SettledEpoch, poolId: bigint): bigint {
  if (poolParts(poolId)?.kind !== 'model') return 0n
  const explained: Row<'receipts'>[] = redemptionsOf(tables, poolId).filter(({ accepted }) => accepted)
  return explained.reduce((sum, { amount }) => sum + amount, 0n)
}

function record(of: (cause: Cause) => bigint): Record<Cause, bigint> {
  return Object.fromEntries(CAUSES.map(cause => [cause, of(cause)])) as Record<Cause, bigint>
}
