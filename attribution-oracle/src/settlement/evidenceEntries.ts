import type { Challenge, SettlementChallenge } from '../domain'
import type { Posted } from './evidencePosted'
import { entryKey } from './evidenceJournal'
import {
  boundaryOf,
  provenJournal,
  provenLedger,
  provenManifest,
  provenSettlement,
  rooted,
} from './evidenceLeaves'
import type { JournalLeaf, LeafTree, LedgerLeaf, ManifestLeaf, SettlementLeaf } from './trees'

/** An account whose increase is not the sum of its journal entries. The journal itself must be without a lie. */
export function increaseLie(
  { last }: Posted,
  ledger: LeafTree<LedgerLeaf>,
  journal: LeafTree<JournalLeaf>,
): Challenge | undefined {
  const earned = new Map<number, bigint>()
  for (const { contributorIndex, amount } of journal.leaves) {
    earned.set(contributorIndex, (earned.get(contributorIndex) ?? 0n) + amount)
  }
  for (const [index, { cumulative }] of ledger.leaves.entries()) {
    const before = last?.ledger.leaves[index]
    if (cumulative === (before?.cumulative ?? 0n) + (earned.get(index) ?? 0n)) continue
    return {
      kind: 'increase',
      last: last?.post,
      was: last && before && provenLedger(last.ledger, index),
      now: provenLedger(ledger, index),
      boundary: boundaryOf(journal, index, contributorOf, at => provenJournal(journal, at)),
    }
  }
  return undefined
}

/** A journal entry that is not what the pool's settlement gives. Journal and settlements must be without a lie. */
export function entryLie(
  { settlements }: Posted,
  manifest: LeafTree<ManifestLeaf>,
  journal: LeafTree<JournalLeaf>,
): SettlementChallenge | undefined {
  const entries = new Map(journal.leaves.map(leaf => [entryKey(leaf), leaf.amount]))
  const paidBy = new Map<number, Set<number>>()
  for (const { poolPosition, contributorIndex } of journal.leaves) {
    paidBy.set(poolPosition, (paidBy.get(poolPosition) ?? new Set<number>()).add(contributorIndex))
  }
  for (const [poolPosition, pool] of manifest.leaves.entries()) {
    const settlement = pool.leafCount === 0 ? undefined : settlements.get(pool.poolId)
    if (pool.leafCount > 0 && !rooted(settlement, pool.settlementRoot)) continue
    const shares = sharesOf(pool, settlement?.leaves ?? [])
    const contributors = new Set([...shares.keys(), ...(paidBy.get(poolPosition) ?? [])])
    for (const contributorIndex of contributors) {
      const key = entryKey({ contributorIndex, poolPosition })
      if ((shares.get(contributorIndex) ?? 0n) === (entries.get(key) ?? 0n)) continue
      const found = boundaryOf(journal, key, entryKey, at => at)
      const own = found.filter(at => entryKey(journal.leaves[at]!) === key)
      return {
        kind: 'entry',
        pool: provenManifest(manifest, poolPosition),
        contributorIndex,
        boundary: settlement
          ? boundaryOf(settlement, contributorIndex, contributorOf, at => provenSettlement(settlement, at))
          : [],
        entry: (own.length > 0 ? own : found).map(at => provenJournal(journal, at)),
      }
    }
  }
  return undefined
}

/** What a pool owes each contributor: floor(amount * B / total) - floor(amount * A / total). */
function sharesOf(
  { amount, totalWeight }: ManifestLeaf,
  leaves: readonly SettlementLeaf[],
): Map<number, bigint> {
  const shares = new Map<number, bigint>()
  for (const { contributorIndex, weight, prefix } of leaves) {
    const share = (amount * (prefix + weight)) / totalWeight - (amount * prefix) / totalWeight
    shares.set(contributorIndex, (shares.get(contributorIndex) ?? 0n) + share)
  }
  return shares
}

function contributorOf({ contributorIndex }: { contributorIndex: number }): number {
  return contributorIndex
}
