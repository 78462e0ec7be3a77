import type { Root } from '../domain'
import { sha256 } from '../domain'
import { toHex } from './hex'
import { NODE_BYTES } from './positionalTree'
import {
  decodeTreeHeader,
  HEADER_BYTES,
  JOURNAL_LEAF_BYTES,
  LEDGER_LEAF_BYTES,
  MANIFEST_LEAF_BYTES,
  treeCorrupt,
  treeLayout,
  type TreeHeader,
} from './treeHeader'
import type { TreeBuilder } from './trees'

/**
 * Checks every byte of a tree file: all three trees are built again from their leaves, the ledger's nodes are compared
 * one by one, the index has to order the addresses, and prefixes have to be sums. For a file that comes from elsewhere;
 * it takes some seconds at a million accounts.
 * @throws TREE_CORRUPT
 */
export function checkWholeTreeFile(trees: TreeBuilder, name: string, file: Uint8Array): TreeHeader {
  if (file.length < HEADER_BYTES) throw treeCorrupt(name, `${file.length} bytes`, 'a header of 256 bytes')
  const header = decodeTreeHeader(name, file.subarray(0, HEADER_BYTES))
  const layout = treeLayout(header)
  const expect = (what: string, got: string | number | bigint, expected: string | number | bigint): void => {
    if (got !== expected) throw treeCorrupt(name, `${what} ${got}`, String(expected))
  }
  expect('bytes', file.length, layout.length)
  const part = (from: number, to: number): Uint8Array => file.subarray(from, to)
  expect('tables', sha256(part(layout.index, layout.length)), header.tablesDigest)
  const ledger = trees.ofPacked('Ledger', LEDGER_LEAF_BYTES, part(layout.leaves, layout.nodes))
  const nodes = part(layout.nodes, layout.index)
  for (let at = 0; at < nodes.length; at += NODE_BYTES) {
    const [got, built] = [nodes, ledger.bytes].map(bytes => toHex(bytes.subarray(at, at + NODE_BYTES)))
    expect(`node ${at / NODE_BYTES}`, got!, built!)
  }
  const rootOf = (tree: 'Journal' | 'Manifest', size: number, from: number, to: number): Root =>
    trees.ofPacked(tree, size, part(from, to)).root
  expect('ledger root', ledger.root, header.ledgerRoot)
  expect(
    'journal root',
    rootOf('Journal', JOURNAL_LEAF_BYTES, layout.journal, layout.manifest),
    header.journalRoot,
  )
  expect(
    'manifest root',
    rootOf('Manifest', MANIFEST_LEAF_BYTES, layout.manifest, layout.length),
    header.manifestRoot,
  )
  const leaves = new DataView(file.buffer, file.byteOffset + layout.leaves, layout.nodes - layout.leaves)
  expect('total', sumOf(leaves, header.ledgerCount, expect), header.total)
  checkIndex(name, part(layout.leaves, layout.nodes), part(layout.index, layout.journal))
  return header
}

type Expect = (what: string, got: bigint, expected: bigint) => void

function sumOf(leaves: DataView, count: number, expect: Expect): bigint {
  const amount = (at: number): bigint => (leaves.getBigUint64(at) << 64n) | leaves.getBigUint64(at + 8)
  let sum = 0n
  for (let i = 0; i < count; i++) {
    expect(`prefix of account ${i}`, amount(i * LEDGER_LEAF_BYTES + 36), sum)
    sum += amount(i * LEDGER_LEAF_BYTES + 20)
  }
  return sum
}

function checkIndex(name: string, leaves: Uint8Array, index: Uint8Array): void {
  const positions = new DataView(index.buffer, index.byteOffset, index.length)
  const count = leaves.length / LEDGER_LEAF_BYTES
  const seen = new Uint8Array(count)
  let before: Uint8Array | undefined
  for (let rank = 0; rank < count; rank++) {
    const position = positions.getUint32(4 * rank)
    if (position >= count || seen[position] === 1)
      throw treeCorrupt(name, `index entry ${rank} = ${position}`, 'every account once')
    seen[position] = 1
    const account = leaves.subarray(position * LEDGER_LEAF_BYTES, position * LEDGER_LEAF_BYTES + 20)
    if (before && Buffer.compare(before, account) > 0)
      throw treeCorrupt(name, `index entry ${rank} out of order`, 'the order of the addresses')
    before = account
  }
}
