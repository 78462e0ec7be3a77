import type { Post } from '../domain'
import type { JournalLeaf, LeafTree, LedgerLeaf, ManifestLeaf, SettlementLeaf } from './trees'

/**
 * What somebody posted, with the published leaves behind it, and what the chain itself says. A tree is undefined when it
 * was not published; one that does not have the posted root counts as not published.
 */
export interface Posted {
  post: Post
  ledger: LeafTree<LedgerLeaf> | undefined
  journal: LeafTree<JournalLeaf> | undefined
  manifest: LeafTree<ManifestLeaf> | undefined
  /** by pool id, of the posted manifest; without those that were not published. A pool without leaves needs none. */
  settlements: ReadonlyMap<bigint, LeafTree<SettlementLeaf>>
  /** the previous final post with its trees, absent before there is one */
  last: { post: Post; ledger: LeafTree<LedgerLeaf>; manifest: LeafTree<ManifestLeaf> | undefined } | undefined
  /** registered accounts by contributor index, as the chain says now: what was registered meanwhile is no lie */
  accounts: readonly string[]
  /** how many items each contributor has committed up to now, by contributor index */
  committed: readonly number[]
  /** ever funded by pool id, up to now */
  funded: ReadonlyMap<bigint, bigint>
}
