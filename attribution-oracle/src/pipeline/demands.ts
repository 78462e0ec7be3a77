import { readEpoch } from '../content'
import type { DemandedPage, PageAnswer, PageDemand, Post } from '../domain'
import { answerOf, type LeafTree, type SettlementLeaf } from '../settlement'
import type { Verifying } from './dependencies'
import { treeBuilder } from './previousEpoch'

/** A demand as the contract names the page. */
export function demandedPage(post: Post, { tree, number, pool }: PageDemand): DemandedPage {
  switch (tree) {
    case 'ledger':
      return { tree, poolId: 0n, root: post.ledgerRoot, leafCount: BigInt(post.ledgerCount), number }
    case 'journal':
      return { tree, poolId: 0n, root: post.journalRoot, leafCount: BigInt(post.journalCount), number }
    case 'manifest':
      return { tree, poolId: 0n, root: post.manifestRoot, leafCount: BigInt(post.manifestCount), number }
    case 'settlement':
      return {
        tree,
        poolId: pool!.poolId,
        root: pool!.settlementRoot,
        leafCount: BigInt(pool!.leafCount),
        number,
      }
  }
}

/**
 * What shows a demanded page of a published epoch.
 * @throws CONTENT_MISSING, INVALID_DOCUMENT where the epoch cannot be read, INVALID_ARGUMENT for a page of another post
 */
export async function answerDemand(
  { content, keccak, system }: Pick<Verifying, 'content' | 'keccak' | 'system'>,
  post: Post,
  page: DemandedPage,
): Promise<PageAnswer> {
  const { tables } = await readEpoch(content, post.dataDigest, post)
  const trees = treeBuilder(keccak, system)
  switch (page.tree) {
    case 'ledger':
      return answerOf(page, trees.ledger(tables.ledger))
    case 'journal':
      return answerOf(page, trees.journal(tables.journal))
    case 'manifest':
      return answerOf(page, trees.manifest(tables.manifest))
    case 'settlement': {
      const rows = tables.settlement.filter(({ poolId }) => poolId === page.poolId)
      const tree: LeafTree<SettlementLeaf> = trees.settlement(page.poolId, rows)
      return answerOf(page, tree)
    }
  }
}
