import { createHmac, randomBytes } from 'node:crypto'

import type { Digest } from '@open-datanets/content-store'
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree'
import { AbiCoder, id, keccak256 } from 'ethers'

/** Whose batch it is: the leaves bind all of it, so that a commitment copied by somebody else is worth nothing. */
export interface BatchScope {
  readonly chainId: bigint
  /** Checksummed address. */
  readonly registry: string
  readonly datanetId: number
  /** Checksummed address. */
  readonly contributor: string
}

export interface BatchItem {
  readonly name: string
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  /** 32 bytes, hex. */
  readonly salt: Digest
}

/** The document that says what a batch commits to; its digest is on chain beside the items' root. */
export interface BatchManifest {
  readonly format: 'open-datanets/batch'
  readonly version: 1
  readonly datanetId: number
  readonly contributor: string
  readonly items: readonly BatchItem[]
}

const TAG = id('OpenDatanets.Contribution.v1')
const LEAF_TYPES = ['bytes32', 'uint256', 'address', 'uint32', 'address', 'uint32', 'bytes32', 'bytes32']

/** The commitment to one item at its position in the batch: what `DatanetRegistry.itemLeaf` computes. */
export function itemLeaf(scope: BatchScope, index: number, digest: Digest, salt: Digest): string {
  const { chainId, registry, datanetId, contributor } = scope
  const values = [TAG, chainId, registry, datanetId, contributor, index, digest, salt]
  return keccak256(AbiCoder.defaultAbiCoder().encode(LEAF_TYPES, values))
}

/** The Merkle tree over the leaves of a batch; its root goes on chain, its proofs satisfy OpenZeppelin's MerkleProof. */
export function itemsTree(scope: BatchScope, items: readonly BatchItem[]): SimpleMerkleTree {
  return SimpleMerkleTree.of(items.map(({ digest, salt }, index) => itemLeaf(scope, index, digest, salt)))
}

/**
 * The salt that hides an item until its contributor reveals it. With a seed the salts can be made again from the
 * seed and the files alone; without one they are random, and live in the manifest only.
 */
export function itemSalt(scope: BatchScope, digest: Digest, seed: string | undefined): Digest {
  if (seed === undefined) return `0x${randomBytes(32).toString('hex')}`
  const { chainId, registry, datanetId, contributor } = scope
  const text = ['OpenDatanets.Salt.v1', chainId, registry, datanetId, contributor, digest].join('|')
  return `0x${createHmac('sha256', seed).update(text).digest('hex')}`
}

export function batchManifest(scope: BatchScope, items: readonly BatchItem[]): BatchManifest {
  const { datanetId, contributor } = scope
  return { format: 'open-datanets/batch', version: 1, datanetId, contributor, items }
}
