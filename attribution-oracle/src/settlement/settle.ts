import { AttributionOracleError } from '../errors'
import type { JournalLeaf, LeafTree, LedgerLeaf, ManifestLeaf, SettlementLeaf, TreeBuilder } from './trees'

/** One pool with the integer weights of its contributions. */
export interface WeightedPool {
  poolId: bigint
  /** ever paid into the pool on chain, up to the pinned block */
  funded: bigint
  /** ever paid out of the pool by earlier final epochs */
  paidBefore: bigint
  /** contribution id -> weight; contributions without weight may be left out */
  weights: ReadonlyMap<bigint, bigint>
}

export interface SettlementInput {
  pools: readonly WeightedPool[]
  /** accounts by contributor index */
  accounts: readonly string[]
  /** cumulative amounts of the previous final ledger by contributor index; it may be shorter than `accounts` */
  previous: readonly bigint[]
  contributorOf: (contributionId: bigint) => number
}

/** What one pool pays this epoch. */
export interface PoolSettlement {
  poolId: bigint
  settlement: LeafTree<SettlementLeaf>
  totalWeight: bigint
  amount: bigint
  /** amounts above zero by contributor index, ascending */
  shares: ReadonlyMap<number, bigint>
}

export interface Settlement {
  /** ascending by pool id; the position here is the poolPosition of the journal */
  pools: readonly PoolSettlement[]
  manifest: LeafTree<ManifestLeaf>
  journal: LeafTree<JournalLeaf>
  ledger: LeafTree<LedgerLeaf>
  /** paid by this epoch */
  amount: bigint
  /** paid by all epochs: the sum of the ledger */
  total: bigint
}

/**
 * From integer weights to wei, exactly. In a pool of amount P and total weight T the leaves from prefix A to prefix B
 * earn floor(P*B/T) - floor(P*A/T), so shares telescope to P and never depend on how an account is split. A pool
 * without weights pays nothing and keeps its funds. Pure; the order of the inputs does not matter.
 *
 * @throws INVALID_ARGUMENT for a repeated or overpaid pool, a negative weight or an unknown contributor;
 * INVARIANT_BROKEN when a sum is not exact
 */
export function settlePools(trees: TreeBuilder, input: SettlementInput): Settlement {
  const ordered = [...input.pools].sort((a, b) => ascending(a.poolId, b.poolId))
  ordered.forEach((pool, i) => {
    if (pool.poolId === ordered[i + 1]?.poolId)
      throw invalid('pools', `pool ${pool.poolId} twice`, 'each pool once')
  })
  const pools = ordered.map(pool => settlePool(trees, pool, input))
  const amount = sum(pools.map(pool => pool.amount))
  const manifest = trees.manifest(manifestLeaves(ordered, pools))
  const journal = trees.journal(journalLeaves(pools))
  const ledger = trees.ledger(ledgerLeaves(input, journal.leaves))
  const total = sum(ledger.leaves.map(leaf => leaf.cumulative))
  expectEqual('journal.total', sum(journal.leaves.map(leaf => leaf.amount)), amount)
  expectEqual('ledger.total', total, sum(input.previous) + amount)
  return { pools, manifest, journal, ledger, amount, total }
}

function settlePool(trees: TreeBuilder, pool: WeightedPool, input: SettlementInput): PoolSettlement {
  if (pool.paidBefore > pool.funded) {
    throw invalid(
      `pool ${pool.poolId}`,
      `${pool.paidBefore} paid of ${pool.funded} funded`,
      'paid at most what was funded',
    )
  }
  const leaves = settlementLeaves(pool, input)
  const last = leaves.at(-1)
  const totalWeight = last ? last.prefix + last.weight : 0n
  const amount = totalWeight === 0n ? 0n : pool.funded - pool.paidBefore
  const settlement = trees.settlement(pool.poolId, leaves)
  const shares = new Map<number, bigint>()
  for (const leaf of leaves) {
    const share = leafAmount(amount, totalWeight, leaf)
    if (share > 0n) shares.set(leaf.contributorIndex, (shares.get(leaf.contributorIndex) ?? 0n) + share)
  }
  expectEqual(`pool ${pool.poolId}.shares`, sum([...shares.values()]), amount)
  return { poolId: pool.poolId, settlement, totalWeight, amount, shares }
}

/** What one settlement leaf earns: the difference of two floors, so that neighbours telescope. */
export function leafAmount(amount: bigint, totalWeight: bigint, leaf: SettlementLeaf): bigint {
  if (totalWeight === 0n) return 0n
  return (amount * (leaf.prefix + leaf.weight)) / totalWeight - (amount * leaf.prefix) / totalWeight
}

function settlementLeaves(pool: WeightedPool, input: SettlementInput): SettlementLeaf[] {
  const weighted = [...pool.weights].filter(([id, weight]) => {
    if (weight < 0n) throw invalid(`weight of contribution ${id}`, String(weight), 'zero or more')
    return weight > 0n
  })
  const leaves = weighted.map(([contributionId, weight]) => {
    const contributorIndex = input.contributorOf(contributionId)
    if (input.accounts[contributorIndex] === undefined) {
      throw invalid(
        `contributor of ${contributionId}`,
        String(contributorIndex),
        `an index below ${input.accounts.length}`,
      )
    }
    return { contributorIndex, contributionId, weight, prefix: 0n }
  })
  leaves.sort(
    (a, b) => a.contributorIndex - b.contributorIndex || ascending(a.contributionId, b.contributionId),
  )
  let prefix = 0n
  for (const leaf of leaves) {
    leaf.prefix = prefix
    prefix += leaf.weight
  }
  return leaves
}

function manifestLeaves(ordered: readonly WeightedPool[], pools: readonly PoolSettlement[]): ManifestLeaf[] {
  let prefix = 0n
  return pools.map((pool, i) => {
    const leaf = {
      poolId: pool.poolId,
      settlementRoot: pool.settlement.tree.root,
      leafCount: pool.settlement.leaves.length,
      totalWeight: pool.totalWeight,
      amount: pool.amount,
      cumulative: ordered[i]!.paidBefore + pool.amount,
      prefix,
    }
    prefix += pool.amount
    return leaf
  })
}

function journalLeaves(pools: readonly PoolSettlement[]): JournalLeaf[] {
  const leaves = pools.flatMap((pool, poolPosition) =>
    [...pool.shares].map(([contributorIndex, amount]) => ({
      contributorIndex,
      poolPosition,
      amount,
      prefix: 0n,
    })),
  )
  leaves.sort((a, b) => a.contributorIndex - b.contributorIndex || a.poolPosition - b.poolPosition)
  let prefix = 0n
  for (const leaf of leaves) {
    leaf.prefix = prefix
    prefix += leaf.amount
  }
  return leaves
}

function ledgerLeaves(input: SettlementInput, journal: readonly JournalLeaf[]): LedgerLeaf[] {
  if (input.previous.length > input.accounts.length) {
    throw invalid('previous', `${input.previous.length} accounts`, `at most ${input.accounts.length}`)
  }
  const earned = new Map<number, bigint>()
  for (const { contributorIndex, amount } of journal) {
    earned.set(contributorIndex, (earned.get(contributorIndex) ?? 0n) + amount)
  }
  let prefix = 0n
  return input.accounts.map((account, index) => {
    const cumulative = (input.previous[index] ?? 0n) + (earned.get(index) ?? 0n)
    const leaf = { account, cumulative, prefix }
    prefix += cumulative
    return leaf
  })
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n)
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function expectEqual(invariant: string, got: bigint, expected: bigint): void {
  if (got === expected) return
  throw new AttributionOracleError(
    'INVARIANT_BROKEN',
    { what: `Settlement does not add up: ${invariant}`, got: String(got), expected: String(expected) },
    { invariant, got: String(got), expected: String(expected) },
  )
}

function invalid(argument: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `Settlement got a wrong ${argument}`, got, expected },
    { argument, got, expected },
  )
}
