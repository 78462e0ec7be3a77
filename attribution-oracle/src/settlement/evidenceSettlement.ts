import type { SettlementChallenge } from '../domain'
import type { Posted } from './evidencePosted'
import { placeLie, provenManifest, provenSettlement, rooted } from './evidenceLeaves'
import type { LeafTree, ManifestLeaf, SettlementLeaf } from './trees'

type Settlement = LeafTree<SettlementLeaf>

/** A lie within one of the settlements, against its manifest leaf, the contributors and what they committed. */
export function settlementLie(
  posted: Posted,
  manifest: LeafTree<ManifestLeaf>,
): SettlementChallenge | undefined {
  for (const [position, pool] of manifest.leaves.entries()) {
    const settlement = rooted(posted.settlements.get(pool.poolId), pool.settlementRoot)
    const lie = settlement && pool.leafCount > 0 && poolLie(posted, manifest, position, settlement)
    if (lie) return lie
  }
  return undefined
}

function poolLie(
  posted: Posted,
  manifest: LeafTree<ManifestLeaf>,
  poolPosition: number,
  settlement: Settlement,
): SettlementChallenge | undefined {
  const { leafCount, totalWeight } = manifest.leaves[poolPosition]!
  const pool = (): ReturnType<typeof provenManifest> => provenManifest(manifest, poolPosition)
  const leaf = (position: number): ReturnType<typeof provenSettlement> =>
    provenSettlement(settlement, position)
  const place = placeLie(settlement.tree, leafCount)
  if (place && 'outside' in place) return { kind: 'weight', pool: pool(), leaf: leaf(place.outside) }
  if (place) return { kind: 'weightMissing', pool: pool(), position: place.missing, proof: place.proof }
  let sum = 0n
  for (const [position, entry] of settlement.leaves.entries()) {
    const before = settlement.leaves[position - 1]
    if (!isPossible(posted, entry) || (!before && entry.prefix !== 0n))
      return { kind: 'weight', pool: pool(), leaf: leaf(position) }
    if (before && (!isBefore(before, entry) || entry.prefix !== sum))
      return { kind: 'weightOrder', pool: pool(), left: leaf(position - 1), right: leaf(position) }
    sum += entry.weight
  }
  if (sum !== totalWeight)
    return { kind: 'weightTotal', pool: pool(), lastLeaf: leaf(settlement.leaves.length - 1) }
  return undefined
}

/** Whether it names a contributor of the post and something that this contributor committed, and has a weight. */
function isPossible(
  { post, committed }: Posted,
  { contributorIndex, contributionId, weight }: SettlementLeaf,
): boolean {
  return (
    contributorIndex < post.ledgerCount &&
    weight > 0n &&
    contributionId >> 32n === BigInt(contributorIndex) &&
    (contributionId & 0xffff_ffffn) < BigInt(committed[contributorIndex] ?? 0)
  )
}

function isBefore(left: SettlementLeaf, right: SettlementLeaf): boolean {
  if (left.contributorIndex !== right.contributorIndex) return left.contributorIndex < right.contributorIndex
  return left.contributionId < right.contributionId
}
