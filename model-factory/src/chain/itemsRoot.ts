import type { Digest } from '@open-datanets/content-store'
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree'
import { AbiCoder, id, keccak256 } from 'ethers'

const TAG = id('OpenDatanets.Contribution.v1')
const LEAF = ['bytes32', 'uint256', 'address', 'uint32', 'address', 'uint32', 'bytes32', 'bytes32']

/** Whose batch it is; the leaves bind all of it. */
export interface BatchScope {
  chainId: number
  registry: string
  datanetId: number
  contributor: string
}

/** The root that DatanetRegistry holds of a batch with these items, in this order. Needs at least one item. */
export function itemsRoot(scope: BatchScope, items: readonly { digest: Digest; salt: Digest }[]): string {
  const { chainId, registry, datanetId, contributor } = scope
  const leaves = items.map(({ digest, salt }, index) => {
    const values = [TAG, chainId, registry, datanetId, contributor, index, digest, salt]
    return keccak256(AbiCoder.defaultAbiCoder().encode(LEAF, values))
  })
  return SimpleMerkleTree.of(leaves).root
}
