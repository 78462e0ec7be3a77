import { sha256 } from '../domain'
import { Packed } from './packed'
import {
  encodeTreeHeader,
  JOURNAL_LEAF_BYTES,
  LEDGER_LEAF_BYTES,
  MANIFEST_LEAF_BYTES,
  treeLayout,
  type TreeHeader,
} from './treeHeader'
import { packJournalLeaf, packLedgerLeaf, packManifestLeaf } from './trees'
import type { JournalLeaf, LeafTree, LedgerLeaf, ManifestLeaf } from './trees'

export interface TreeFileInput extends Pick<
  TreeHeader,
  'specVersion' | 'chainId' | 'vault' | 'epoch' | 'dataDigest'
> {
  ledger: LeafTree<LedgerLeaf>
  journal: LeafTree<JournalLeaf>
  manifest: LeafTree<ManifestLeaf>
}

/**
 * The file that proofs are read from without loading an epoch (tree.bin, version 1; integers are big-endian):
 *
 *   header    256 bytes, see TreeHeader; its last 32 are the SHA-256 of those before
 *   leaves     52 bytes per account by contributor index: account, cumulative, prefix, as they are hashed
 *   nodes      24 bytes each, level by level, the leaves' hashes first and the root last
 *   index       4 bytes per account: contributor indexes in the order of their addresses
 *   journal    40 bytes per entry, sorted by contributor index and pool: what this epoch added
 *   manifest  104 bytes per pool
 *
 * The same epoch gives the same bytes everywhere.
 */
export function encodeTreeFile({ ledger, journal, manifest, ...about }: TreeFileInput): Uint8Array {
  const counts = {
    ledgerCount: ledger.leaves.length,
    journalCount: journal.leaves.length,
    manifestCount: manifest.leaves.length,
  }
  const layout = treeLayout(counts)
  const file = new Uint8Array(layout.length)
  const part = (from: number, to: number): Uint8Array => file.subarray(from, to)
  pack(part(layout.leaves, layout.nodes), LEDGER_LEAF_BYTES, ledger.leaves, packLedgerLeaf)
  file.set(ledger.tree.bytes, layout.nodes)
  const index = addressOrder(part(layout.leaves, layout.nodes))
  const view = new DataView(file.buffer, layout.index)
  index.forEach((position, i) => view.setUint32(4 * i, position))
  pack(part(layout.journal, layout.manifest), JOURNAL_LEAF_BYTES, journal.leaves, packJournalLeaf)
  pack(part(layout.manifest, layout.length), MANIFEST_LEAF_BYTES, manifest.leaves, packManifestLeaf)
  const last = ledger.leaves.at(-1)
  const header = encodeTreeHeader({
    ...about,
    ...counts,
    ledgerRoot: ledger.tree.root,
    journalRoot: journal.tree.root,
    manifestRoot: manifest.tree.root,
    total: last ? last.prefix + last.cumulative : 0n,
    tablesDigest: sha256(part(layout.index, layout.length)),
  })
  file.set(header)
  return file
}

/** Positions in the order of the addresses in packed ledger leaves; the first position wins where one stands twice. */
function addressOrder(leaves: Uint8Array): Uint32Array {
  const count = leaves.length / LEDGER_LEAF_BYTES
  const view = new DataView(leaves.buffer, leaves.byteOffset, leaves.length)
  // the first six bytes as a number order nearly all of them
  const heads = Float64Array.from({ length: count }, (_, i) => {
    const at = i * LEDGER_LEAF_BYTES
    return view.getUint32(at) * 0x10000 + view.getUint16(at + 4)
  })
  const bytesOf = (i: number): Buffer =>
    Buffer.from(leaves.buffer, leaves.byteOffset + i * LEDGER_LEAF_BYTES, 20)
  return Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => heads[a]! - heads[b]! || Buffer.compare(bytesOf(a), bytesOf(b)) || a - b,
  )
}

function pack<Leaf>(
  into: Uint8Array,
  size: number,
  leaves: readonly Leaf[],
  write: (to: Packed, leaf: Leaf) => Packed,
): void {
  const packed = new Packed(new Uint8Array(32), size)
  const fields = packed.bytes.subarray(32)
  leaves.forEach((leaf, i) => {
    write(packed.restart(), leaf)
    into.set(fields, i * size)
  })
}
