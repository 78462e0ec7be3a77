import { AttributionOracleError } from '../errors'
import type { DemandedPage, PageAnswer, PageDemand, PostedTree } from '../domain'
import type { Posted } from './evidencePosted'
import { depthOf, provenManifest, rooted } from './evidenceLeaves'
import { toHex } from './hex'
import { Packed } from './packed'
import { NODE_BYTES } from './positionalTree'
import type { JournalLeaf, LeafTree, LedgerLeaf, ManifestLeaf, SettlementLeaf } from './trees'

const PAGE_HEIGHT = 6
const PAGE_LEAVES = 1 << PAGE_HEIGHT

type AnyLeaf = LedgerLeaf | JournalLeaf | ManifestLeaf | SettlementLeaf

/** Every page of every tree that was not published, one after another: a lying count may claim very many. */
export function* findDemands(posted: Posted): Generator<PageDemand> {
  const { post } = posted
  const manifest = rooted(posted.manifest, post.manifestRoot)
  if (!manifest) yield* pagesOf('manifest', post.manifestCount)
  if (!rooted(posted.journal, post.journalRoot)) yield* pagesOf('journal', post.journalCount)
  if (!rooted(posted.ledger, post.ledgerRoot)) yield* pagesOf('ledger', post.ledgerCount)
  for (const [position, pool] of (manifest?.leaves ?? []).entries()) {
    if (rooted(posted.settlements.get(pool.poolId), pool.settlementRoot)) continue
    yield* pagesOf('settlement', pool.leafCount, provenManifest(manifest!, position))
  }
}

function* pagesOf(
  tree: PostedTree,
  leafCount: number,
  pool: PageDemand['pool'] = undefined,
): Generator<PageDemand> {
  if (leafCount === 0) return
  const pages = 1n << BigInt(Math.max(0, depthOf(leafCount) - PAGE_HEIGHT))
  for (let number = 0n; number < pages; number++) yield { tree, number, pool }
}

/**
 * What PageDemands.reveal takes to show a page of a tree.
 * @throws INVALID_ARGUMENT when it is another tree than the demanded one
 */
export function answerOf(page: DemandedPage, { leaves, tree }: LeafTree<AnyLeaf>): PageAnswer {
  if (tree.root !== page.root || BigInt(tree.count) !== page.leafCount) {
    throw new AttributionOracleError(
      'INVALID_ARGUMENT',
      { what: 'This is not the tree of the demanded page', got: tree.root, expected: page.root },
      { argument: 'tree', got: tree.root, expected: page.root },
    )
  }
  const first = Number(page.number) * PAGE_LEAVES
  const shown = leaves.slice(first, first + PAGE_LEAVES)
  const proof = shown.length > 0 ? tree.proof(first) : tree.emptyProof(first)
  return {
    leaves: toHex(Buffer.concat(shown.map(leaf => fieldsOf(page.tree, leaf)))),
    proof: toHex(proof.subarray(Math.min(PAGE_HEIGHT, tree.depth) * NODE_BYTES)),
  }
}

/** The fields of a leaf as they are hashed, without domain and pool id. */
function fieldsOf(tree: PostedTree, leaf: AnyLeaf): Uint8Array {
  const start = new Uint8Array(32)
  const packed = ((): Packed => {
    switch (tree) {
      case 'ledger': {
        const { account, cumulative, prefix } = leaf as LedgerLeaf
        return new Packed(start, 52).hex(account).uint128(cumulative).uint128(prefix)
      }
      case 'journal': {
        const { contributorIndex, poolPosition, amount, prefix } = leaf as JournalLeaf
        return new Packed(start, 40)
          .uint32(contributorIndex)
          .uint32(poolPosition)
          .uint128(amount)
          .uint128(prefix)
      }
      case 'manifest': {
        const { poolId, settlementRoot, leafCount, totalWeight, amount, cumulative, prefix } =
          leaf as ManifestLeaf
        return new Packed(start, 104)
          .uint64(poolId)
          .hex(settlementRoot)
          .uint64(BigInt(leafCount))
          .uint128(totalWeight)
          .uint128(amount)
          .uint128(cumulative)
          .uint128(prefix)
      }
      case 'settlement': {
        const { contributorIndex, contributionId, weight, prefix } = leaf as SettlementLeaf
        return new Packed(start, 36)
          .uint32(contributorIndex)
          .uint64(contributionId)
          .uint64(weight)
          .uint128(prefix)
      }
    }
  })()
  return packed.bytes.subarray(32)
}
