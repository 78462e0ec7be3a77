import type { Challenge } from '../domain'
import type { Posted } from './evidencePosted'
import { placeLie, provenJournal } from './evidenceLeaves'
import type { JournalLeaf, LeafTree } from './trees'

/** What the journal is sorted by. */
export function entryKey({
  contributorIndex,
  poolPosition,
}: Pick<JournalLeaf, 'contributorIndex' | 'poolPosition'>): bigint {
  return (BigInt(contributorIndex) << 32n) | BigInt(poolPosition)
}

/** A lie within the journal, against the counts and the increase of the total. */
export function journalLie({ post, last }: Posted, journal: LeafTree<JournalLeaf>): Challenge | undefined {
  const leaf = (position: number): ReturnType<typeof provenJournal> => provenJournal(journal, position)
  const place = placeLie(journal.tree, post.journalCount)
  if (place && 'outside' in place) return { kind: 'journalLeaf', leaf: leaf(place.outside) }
  if (place) return { kind: 'missing', tree: 'journal', position: place.missing, proof: place.proof }
  let sum = 0n
  for (const [position, entry] of journal.leaves.entries()) {
    const names = entry.contributorIndex < post.ledgerCount && entry.poolPosition < post.manifestCount
    if (!names || entry.amount === 0n || (position === 0 && entry.prefix !== 0n)) {
      return { kind: 'journalLeaf', leaf: leaf(position) }
    }
    const before = journal.leaves[position - 1]
    if (before && (entryKey(before) >= entryKey(entry) || entry.prefix !== sum)) {
      return { kind: 'journalOrder', left: leaf(position - 1), right: leaf(position) }
    }
    sum += entry.amount
  }
  if (journal.leaves.length > 0 && (last?.post.total ?? 0n) + sum !== post.total) {
    return { kind: 'journalTotal', last: last?.post, lastLeaf: leaf(journal.leaves.length - 1) }
  }
  return undefined
}
