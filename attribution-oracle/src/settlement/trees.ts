import type { Root } from '../domain'
import type { Domains, TreeName } from './domains'
import type { Keccak } from './keccak'
import { Packed } from './packed'
import { NODE_BYTES, PositionalTree } from './positionalTree'

/** Position = contributor index. `prefix` is the sum of `cumulative` before this leaf. */
export interface LedgerLeaf {
  account: string
  cumulative: bigint
  prefix: bigint
}

/** Sorted by (contributorIndex, poolPosition). `prefix` is the sum of `amount` before this leaf. */
export interface JournalLeaf {
  contributorIndex: number
  poolPosition: number
  amount: bigint
  prefix: bigint
}

/** Sorted by pool id. `amount` is of this epoch, `cumulative` of all epochs, `prefix` the sum of `amount` before. */
export interface ManifestLeaf {
  poolId: bigint
  settlementRoot: Root
  leafCount: number
  totalWeight: bigint
  amount: bigint
  cumulative: bigint
  prefix: bigint
}

/** Sorted by (contributorIndex, contributionId). `prefix` is the sum of `weight` before this leaf. */
export interface SettlementLeaf {
  contributorIndex: number
  contributionId: bigint
  weight: bigint
  prefix: bigint
}

/** Leaves together with the tree over their hashes. */
export interface LeafTree<Leaf> {
  leaves: readonly Leaf[]
  tree: PositionalTree
}

/** Builds the four trees of one (chain, vault, spec version). Formats are pinned by test/vectors/trees.json. */
export class TreeBuilder {
  constructor(
    private readonly keccak: Keccak,
    private readonly domains: Domains,
  ) {}

  ledger(leaves: readonly LedgerLeaf[]): LeafTree<LedgerLeaf> {
    return this.build('Ledger', 20 + 16 + 16, leaves, packLedgerLeaf)
  }

  journal(leaves: readonly JournalLeaf[]): LeafTree<JournalLeaf> {
    return this.build('Journal', 4 + 4 + 16 + 16, leaves, packJournalLeaf)
  }

  manifest(leaves: readonly ManifestLeaf[]): LeafTree<ManifestLeaf> {
    return this.build('Manifest', 8 + 24 + 8 + 16 + 16 + 16 + 16, leaves, packManifestLeaf)
  }

  settlement(poolId: bigint, leaves: readonly SettlementLeaf[]): LeafTree<SettlementLeaf> {
    return this.build('Settlement', 8 + 4 + 8 + 8 + 16, leaves, (to, leaf) =>
      to
        .uint64(poolId)
        .uint32(leaf.contributorIndex)
        .uint64(leaf.contributionId)
        .uint64(leaf.weight)
        .uint128(leaf.prefix),
    )
  }

  /** The tree over leaves whose fields are packed already, `leafBytes` each, one after another. */
  ofPacked(name: TreeName, leafBytes: number, packed: Uint8Array): PositionalTree {
    const count = packed.length / leafBytes
    const preimage = new Uint8Array(32 + leafBytes)
    preimage.set(this.domains[name])
    const hashes = new Uint8Array(count * NODE_BYTES)
    for (let i = 0; i < count; i++) {
      preimage.set(packed.subarray(i * leafBytes, (i + 1) * leafBytes), 32)
      hashes.set(this.keccak(preimage).subarray(0, NODE_BYTES), i * NODE_BYTES)
    }
    return PositionalTree.fromLeaves(this.keccak, hashes)
  }

  private build<Leaf>(
    name: TreeName,
    fieldBytes: number,
    leaves: readonly Leaf[],
    encode: (to: Packed, leaf: Leaf) => Packed,
  ): LeafTree<Leaf> {
    const packed = new Packed(this.domains[name], fieldBytes)
    const hashes = new Uint8Array(leaves.length * NODE_BYTES)
    leaves.forEach((leaf, i) => {
      const preimage = encode(packed.restart(), leaf).bytes
      hashes.set(this.keccak(preimage).subarray(0, NODE_BYTES), i * NODE_BYTES)
    })
    return { leaves, tree: PositionalTree.fromLeaves(this.keccak, hashes) }
  }
}

/** The fields of a leaf in the order in which they are hashed. */
export function packLedgerLeaf(to: Packed, leaf: LedgerLeaf): Packed {
  return to.hex(leaf.account).uint128(leaf.cumulative).uint128(leaf.prefix)
}

export function packJournalLeaf(to: Packed, leaf: JournalLeaf): Packed {
  return to.uint32(leaf.contributorIndex).uint32(leaf.poolPosition).uint128(leaf.amount).uint128(leaf.prefix)
}

export function packManifestLeaf(to: Packed, leaf: ManifestLeaf): Packed {
  return to
    .uint64(leaf.poolId)
    .hex(leaf.settlementRoot)
    .uint64(BigInt(leaf.leafCount))
    .uint128(leaf.totalWeight)
    .uint128(leaf.amount)
    .uint128(leaf.cumulative)
    .uint128(leaf.prefix)
}
