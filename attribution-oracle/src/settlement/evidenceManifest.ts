import type { Challenge } from '../domain'
import type { Posted } from './evidencePosted'
import { boundaryOf, placeLie, provenManifest, rooted } from './evidenceLeaves'
import type { LeafTree, ManifestLeaf } from './trees'

type Manifest = LeafTree<ManifestLeaf>

/** A lie within the manifest, against what pools were funded and the last manifest. */
export function manifestLie(posted: Posted, manifest: Manifest): Challenge | undefined {
  const { post, last } = posted
  const place = placeLie(manifest.tree, post.manifestCount)
  if (place && 'outside' in place) return { kind: 'poolLeaf', leaf: provenManifest(manifest, place.outside) }
  if (place) return { kind: 'missing', tree: 'manifest', position: place.missing, proof: place.proof }
  let sum = 0n
  for (const [position, { amount }] of manifest.leaves.entries()) {
    const lie = leafLie(posted, manifest, position, sum)
    if (lie) return lie
    sum += amount
  }
  if (manifest.leaves.length > 0 && (last?.post.total ?? 0n) + sum !== post.total) {
    const lastLeaf = provenManifest(manifest, manifest.leaves.length - 1)
    return { kind: 'poolTotal', last: last?.post, lastLeaf }
  }
  return lastLie(posted, manifest)
}

function leafLie(
  { funded }: Posted,
  manifest: Manifest,
  position: number,
  sum: bigint,
): Challenge | undefined {
  const pool = manifest.leaves[position]!
  const leaf = (): ReturnType<typeof provenManifest> => provenManifest(manifest, position)
  const known = funded.has(pool.poolId)
  if (!known || !isWhole(pool) || (position === 0 && pool.prefix !== 0n))
    return { kind: 'poolLeaf', leaf: leaf() }
  const before = manifest.leaves[position - 1]
  if (before && (before.poolId >= pool.poolId || pool.prefix !== sum)) {
    return { kind: 'poolOrder', left: provenManifest(manifest, position - 1), right: leaf() }
  }
  if (pool.cumulative > (funded.get(pool.poolId) ?? 0n)) return { kind: 'pool', leaf: leaf() }
  return undefined
}

/** Against the last manifest: what pools had been paid, and that none that ever paid was dropped. */
function lastLie({ last }: Posted, manifest: Manifest): Challenge | undefined {
  const old = last && rooted(last.manifest, last.post.manifestRoot)
  if (last && !old) return undefined
  const paid = new Map(old?.leaves.map(leaf => [leaf.poolId, leaf.cumulative]))
  for (const [position, { poolId, amount, cumulative }] of manifest.leaves.entries()) {
    if (cumulative === (paid.get(poolId) ?? 0n) + amount) continue
    const found = old ? boundaryOf(old, poolId, idOf, at => ({ at, id: idOf(old.leaves[at]!) })) : []
    const own = found.filter(({ id }) => id === poolId)
    const was = (own.length > 0 ? own : found).map(({ at }) => provenManifest(old!, at))
    return { kind: 'poolCumulative', last: last?.post, leaf: provenManifest(manifest, position), was }
  }
  const kept = new Set(manifest.leaves.map(idOf))
  const dropped = old?.leaves.findIndex(leaf => leaf.cumulative > 0n && !kept.has(leaf.poolId)) ?? -1
  if (!last || !old || dropped < 0) return undefined
  const around = boundaryOf(manifest, idOf(old.leaves[dropped]!), idOf, at => provenManifest(manifest, at))
  return { kind: 'poolDropped', last: last.post, was: provenManifest(old, dropped), around }
}

/** Root, count and total weight stand and fall together, and nothing is paid without weights. */
function isWhole({ settlementRoot, leafCount, totalWeight, amount }: ManifestLeaf): boolean {
  const empty = leafCount === 0
  return (
    /^0x0*$/.test(settlementRoot) === empty && (totalWeight === 0n) === empty && (!empty || amount === 0n)
  )
}

function idOf({ poolId }: ManifestLeaf): bigint {
  return poolId
}
