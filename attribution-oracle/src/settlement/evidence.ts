import type { Challenge, Post, ProvenJournalLeaf, ProvenLedgerLeaf } from '../domain'
import { toHex } from './hex'
import type { JournalLeaf, LeafTree, LedgerLeaf, ManifestLeaf } from './trees'

/**
 * What somebody posted, with the published leaves behind it, and what the chain itself says. A tree is undefined when it
 * was not published; one that does not have the posted root counts as not published.
 */
export interface Posted {
  post: Post
  ledger: LeafTree<LedgerLeaf> | undefined
  journal: LeafTree<JournalLeaf> | undefined
  manifest: LeafTree<ManifestLeaf> | undefined
  /** the previous final post with its ledger, absent before there is one */
  last: { post: Post; ledger: LeafTree<LedgerLeaf> } | undefined
  /** registered accounts by contributor index */
  accounts: readonly string[]
  /** ever funded by pool id */
  funded: ReadonlyMap<bigint, bigint>
}

/**
 * The first lie that one transaction can prove, with its evidence; undefined when every sum of the post is consistent.
 * The order goes from the cheapest proof to the dearest, and every lie is looked for in the trees that it needs and no
 * others. A wrong weight is no wrong sum: what is not found here can only be settled by recomputing.
 */
export function findChallenge(posted: Posted): Challenge | undefined {
  const { post } = posted
  const ledger = rooted(posted.ledger, post.ledgerRoot)
  const journal = rooted(posted.journal, post.journalRoot)
  const manifest = rooted(posted.manifest, post.manifestRoot)
  return (
    (ledger && ledgerLie(posted, ledger)) ??
    (journal && journalLie(posted, journal)) ??
    (ledger && journal && increaseLie(posted, ledger, journal)) ??
    (manifest && poolLie(posted, manifest))
  )
}

function ledgerLie({ post, last, accounts }: Posted, ledger: LeafTree<LedgerLeaf>): Challenge | undefined {
  const leaf = (index: number): ProvenLedgerLeaf => provenLedger(ledger, index)
  let sum = 0n
  for (const [index, { account, cumulative, prefix }] of ledger.leaves.entries()) {
    if (account.toLowerCase() !== accounts[index]?.toLowerCase())
      return { kind: 'account', leaf: leaf(index) }
    if (prefix !== sum) {
      return index === 0
        ? { kind: 'firstPrefix', first: leaf(0) }
        : { kind: 'prefix', left: leaf(index - 1), right: leaf(index) }
    }
    sum += cumulative
    if (last && cumulative < (last.ledger.leaves[index]?.cumulative ?? 0n)) {
      return { kind: 'fallen', last: last.post, was: provenLedger(last.ledger, index), now: leaf(index) }
    }
  }
  if (sum !== post.total && ledger.leaves.length > 0)
    return { kind: 'total', last: leaf(ledger.leaves.length - 1) }
  return undefined
}

function journalLie({ post, last }: Posted, journal: LeafTree<JournalLeaf>): Challenge | undefined {
  const leaf = (position: number): ProvenJournalLeaf => provenJournal(journal, position)
  let sum = 0n
  for (const [position, entry] of journal.leaves.entries()) {
    const names = entry.contributorIndex < post.ledgerCount && entry.poolPosition < post.manifestCount
    if (!names || entry.amount === 0n || (position === 0 && entry.prefix !== 0n)) {
      return { kind: 'journalLeaf', leaf: leaf(position) }
    }
    const before = journal.leaves[position - 1]
    if (before && (keyOf(before) >= keyOf(entry) || entry.prefix !== sum)) {
      return { kind: 'journalOrder', left: leaf(position - 1), right: leaf(position) }
    }
    sum += entry.amount
  }
  if (journal.leaves.length > 0 && (last?.post.total ?? 0n) + sum !== post.total) {
    return { kind: 'journalTotal', last: last?.post, lastLeaf: leaf(journal.leaves.length - 1) }
  }
  return undefined
}

function increaseLie(
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
      boundary: boundaryOf(journal, index),
    }
  }
  return undefined
}

function poolLie({ funded }: Posted, manifest: LeafTree<ManifestLeaf>): Challenge | undefined {
  for (const [position, leaf] of manifest.leaves.entries()) {
    if (leaf.cumulative <= (funded.get(leaf.poolId) ?? 0n)) continue
    return { kind: 'pool', leaf: { position, ...leaf, proof: toHex(manifest.tree.proof(position)) } }
  }
  return undefined
}

/** All journal entries of a contributor with the neighbours on both sides, where there are any. */
function boundaryOf(journal: LeafTree<JournalLeaf>, index: number): ProvenJournalLeaf[] {
  const { leaves } = journal
  const from = leaves.findIndex(leaf => leaf.contributorIndex >= index)
  const first = from < 0 ? leaves.length : from
  const behind = leaves.findIndex(leaf => leaf.contributorIndex > index)
  const end = behind < 0 ? leaves.length : behind + 1
  const start = Math.max(0, first - 1)
  return Array.from({ length: end - start }, (_, i) => provenJournal(journal, start + i))
}

function provenLedger({ leaves, tree }: LeafTree<LedgerLeaf>, index: number): ProvenLedgerLeaf {
  return { index, ...leaves[index]!, proof: toHex(tree.proof(index)) }
}

function provenJournal({ leaves, tree }: LeafTree<JournalLeaf>, position: number): ProvenJournalLeaf {
  return { position, ...leaves[position]!, proof: toHex(tree.proof(position)) }
}

function keyOf({ contributorIndex, poolPosition }: JournalLeaf): bigint {
  return (BigInt(contributorIndex) << 32n) | BigInt(poolPosition)
}

function rooted<Leaf>(tree: LeafTree<Leaf> | undefined, root: string): LeafTree<Leaf> | undefined {
  return tree?.tree.root === root ? tree : undefined
}
