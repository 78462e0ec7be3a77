import { epochBlocks, readEpoch } from '../../src/content'
import type { EpochData, EpochTables, Post, Row } from '../../src/domain'
import { runEpoch, treeBuilder, type Operating } from '../../src/pipeline'

/** What a liar may change before the trees are built anew over it. */
export interface Lie {
  ledger: Row<'ledger'>[]
  journal: Row<'journal'>[]
  manifest: Row<'manifest'>[]
  settlement: Row<'settlement'>[]
  total: bigint
}

/** Gives a token of account 0's to account 1 and makes all sums fit. */
export function steal(lie: Lie): void {
  lie.ledger[0]!.cumulative -= 10n ** 18n
  lie.ledger[1]!.cumulative += 10n ** 18n
  fitSums(lie)
}

/** Writes the ledger's prefixes and the total anew. */
export function fitSums(lie: Lie): void {
  lie.total = 0n
  for (const leaf of lie.ledger) {
    leaf.prefix = lie.total
    lie.total += leaf.cumulative
  }
}

/** What a liar may change in what is published and posted after the trees were built, to make verifiers stumble. */
export interface Hidden {
  data: EpochData & { tables: { -readonly [T in keyof EpochTables]: EpochTables[T] } }
  post: Post
  /** blocks that are not published, by position; the root is 0 */
  withheld: number[]
}

/** Computes an epoch honestly, lies about it, publishes the lie's data and posts it. */
export async function postLie(
  liar: Operating,
  epoch: number,
  tell: (lie: Lie) => void,
  hide: (hidden: Hidden) => void = () => undefined,
): Promise<Post> {
  const { post } = await runEpoch({ ...liar, poster: undefined }, epoch)
  const data = await readEpoch(liar.content, post!.dataDigest)
  const { ledger, journal, manifest, settlement } = data.tables
  const copy = <R>(rows: readonly R[]): R[] => rows.map(row => ({ ...row }))
  const lie: Lie = {
    ledger: copy(ledger),
    journal: copy(journal),
    manifest: copy(manifest),
    settlement: copy(settlement),
    total: post!.total,
  }
  tell(lie)
  const { total, ...tables } = lie
  const trees = treeBuilder(liar.keccak, liar.system)
  const hidden: Hidden = {
    data: { ...data, tables: { ...data.tables, ...tables } },
    post: {
      ...post!,
      ledgerRoot: trees.ledger(tables.ledger).tree.root,
      journalRoot: trees.journal(tables.journal).tree.root,
      manifestRoot: trees.manifest(tables.manifest).tree.root,
      total,
    },
    withheld: [],
  }
  hide(hidden)
  const { dataDigest, blocks } = await epochBlocks(hidden.data)
  for (const [i, block] of blocks.entries()) {
    if (!hidden.withheld.includes(i)) await liar.content.put(block.bytes)
  }
  const posted = { ...hidden.post, dataDigest }
  await liar.poster!.post(posted)
  return posted
}
