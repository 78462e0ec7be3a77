import type { ProvenJournalLeaf, ProvenLedgerLeaf, ProvenManifestLeaf, ProvenSettlementLeaf } from '../domain'
import { toHex } from './hex'
import type { PositionalTree } from './positionalTree'
import type { JournalLeaf, LeafTree, LedgerLeaf, ManifestLeaf, SettlementLeaf } from './trees'

type Bytes = `0x${string}`

export function provenLedger({ leaves, tree }: LeafTree<LedgerLeaf>, index: number): ProvenLedgerLeaf {
  const { account, cumulative, prefix } = leaves[index]!
  return { index, account, cumulative, prefix, proof: toHex(tree.proof(index)) }
}

export function provenJournal(tree: LeafTree<JournalLeaf>, position: number): ProvenJournalLeaf {
  return { position, ...tree.leaves[position]!, proof: toHex(tree.tree.proof(position)) }
}

export function provenManifest(tree: LeafTree<ManifestLeaf>, position: number): ProvenManifestLeaf {
  return { position, ...tree.leaves[position]!, proof: toHex(tree.tree.proof(position)) }
}

export function provenSettlement(tree: LeafTree<SettlementLeaf>, position: number): ProvenSettlementLeaf {
  return { position, ...tree.leaves[position]!, proof: toHex(tree.tree.proof(position)) }
}

/** The tree, if it is the posted one. */
export function rooted<Leaf>(tree: LeafTree<Leaf> | undefined, root: string): LeafTree<Leaf> | undefined {
  return tree?.tree.root === root.toLowerCase() ? tree : undefined
}

/** The depth of an honest tree with so many leaves. */
export function depthOf(count: number | bigint): number {
  return count <= 1 ? 0 : (BigInt(count) - 1n).toString(2).length
}

/**
 * A leaf where none can be in a tree of `count` leaves, or a position where one is missing; undefined when all leaves
 * stand where they should.
 */
export function placeLie(
  tree: PositionalTree,
  count: number,
): { outside: number } | { missing: number; proof: Bytes } | undefined {
  const flat = tree.depth !== depthOf(count)
  const from = flat ? 0 : count
  for (let position = from; position < tree.count; position++) {
    if (!isEmpty(tree.leaf(position))) return { outside: position }
  }
  for (let position = 0; position < Math.min(count, tree.count); position++) {
    if (isEmpty(tree.leaf(position))) return { missing: position, proof: toHex(tree.proof(position)) }
  }
  if (tree.count < count && !flat) return { missing: tree.count, proof: toHex(tree.emptyProof(tree.count)) }
  return undefined
}

/**
 * What shows the run of leaves whose key is `key`, in a tree sorted by key: its first and last leaf, each with its
 * neighbour; without any such leaf the neighbours around the gap.
 */
export function boundaryOf<Leaf, Key extends number | bigint, Proven>(
  { leaves }: LeafTree<Leaf>,
  key: Key,
  keyOf: (leaf: Leaf) => Key,
  prove: (position: number) => Proven,
): Proven[] {
  const first = firstFrom(leaves, leaf => keyOf(leaf) >= key)
  const behind = firstFrom(leaves, leaf => keyOf(leaf) > key)
  const positions = new Set([first - 1, first, behind - 1, behind])
  return [...positions]
    .filter(position => position >= 0 && position < leaves.length)
    .sort((a, b) => a - b)
    .map(prove)
}

/** The first position from which a condition holds, in a list where it holds from some position on. */
function firstFrom<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(list[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}

function isEmpty(bytes: Uint8Array): boolean {
  return bytes.every(byte => byte === 0)
}
