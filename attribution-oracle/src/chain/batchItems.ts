import { SimpleMerkleTree } from '@openzeppelin/merkle-tree'
import { AbiCoder, id, keccak256 } from 'ethers'
import type { Batch, BatchManifest } from '../domain'

const TAG = id('OpenDatanets.Contribution.v1')
const LEAF = ['bytes32', 'uint256', 'address', 'uint32', 'address', 'uint32', 'bytes32', 'bytes32']

/**
 * Why a published manifest is not the one behind a batch on chain; undefined when it is. The root binds every digest to
 * its position, contributor, datanet and chain, so one comparison checks all items.
 */
export function batchFault(
  manifest: BatchManifest,
  batch: Batch,
  where: { chainId: number; registry: string },
): string | undefined {
  if (manifest.datanetId !== batch.datanetId)
    return `datanet ${manifest.datanetId}, on chain ${batch.datanetId}`
  if (manifest.contributor.toLowerCase() !== batch.contributor.toLowerCase()) {
    return `contributor ${manifest.contributor}, on chain ${batch.contributor}`
  }
  if (manifest.items.length !== batch.itemCount)
    return `${manifest.items.length} items, on chain ${batch.itemCount}`
  if (batch.itemCount === 0) return undefined
  const leaves = manifest.items.map(({ digest, salt }, i) =>
    keccak256(
      AbiCoder.defaultAbiCoder().encode(LEAF, [
        TAG,
        where.chainId,
        where.registry,
        batch.datanetId,
        batch.contributor,
        i,
        digest,
        salt,
      ]),
    ),
  )
  const { root } = SimpleMerkleTree.of(leaves)
  return root === batch.itemsRoot ? undefined : `items hash to ${root}, on chain ${batch.itemsRoot}`
}
