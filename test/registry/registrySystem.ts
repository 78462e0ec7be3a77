import { SimpleMerkleTree } from '@openzeppelin/merkle-tree'
import { id } from 'ethers'
import { ethers } from 'hardhat'

import type { DatanetRegistry, IDatanetRegistry } from '../../typechain-types'

export const METADATA = id('metadata')
export const MANIFEST = id('manifest')
export const EXIT_DELAY = 7n * 86_400n

export enum Policy {
  Open,
  AllowList,
  Curated,
}

/** Token, staking and registry, really wired, with one Datanet of each policy. The owner is also the court. */
export async function registrySystem() {
  const [owner, alice, bob, carol] = await ethers.getSigners()
  const access = await ethers.deployContract('OpenAccess', [owner!])
  const token = await ethers.deployContract('OpenToken', [owner!, access])
  const staking = await ethers.deployContract('DatanetStaking', [token, access, EXIT_DELAY])
  const registry = await ethers.deployContract('DatanetRegistry', [staking])
  await registry.createDatanet('Solidity code', METADATA, Policy.Open)
  await registry.createDatanet('by invitation', METADATA, Policy.AllowList)
  await registry.createDatanet('reviewed', METADATA, Policy.Curated)
  for (const account of [alice!, bob!, carol!]) {
    await token.transfer(account, 1_000_000n)
    await token.connect(account).approve(staking, ethers.MaxUint256)
  }
  await token.approve(staking, ethers.MaxUint256)
  await staking.setRegistry(registry)
  return { access, token, staking, registry, owner: owner!, alice: alice!, bob: bob!, carol: carol! }
}

export type RegistrySystem = Awaited<ReturnType<typeof registrySystem>>

/** The id of a contributor's `n`-th item. */
export function contributionId(contributorIndex: number, n: number): bigint {
  return (BigInt(contributorIndex) << 32n) | BigInt(n)
}

/** `count` items and their tree, as `contributor` would commit them to a Datanet. */
export async function itemsFor(
  registry: DatanetRegistry,
  contributor: { address: string },
  count: number,
  datanetId = 1,
) {
  const items = Array.from({ length: count }, (_, i) => ({ digest: id(`item ${i}`), salt: id(`salt ${i}`) }))
  const leaves = await Promise.all(
    items.map(({ digest, salt }, i) => registry.itemLeaf(datanetId, contributor.address, i, digest, salt)),
  )
  return { items, tree: SimpleMerkleTree.of(leaves) }
}

/** The head of a contributor after one more batch. */
export function headAfter(head: string, batchHash: string): string {
  return ethers.dataSlice(ethers.solidityPackedKeccak256(['bytes22', 'bytes32'], [head, batchHash]), 0, 22)
}

export const NO_HEAD = ethers.zeroPadBytes('0x', 22)

/** The hash of a batch, computed here. */
export function batchHash(batch: IDatanetRegistry.BatchStruct): string {
  const { datanetId, firstContributionId, itemCount, itemsRoot, manifestDigest } = batch
  return ethers.keccak256(
    ethers.AbiCoder.defaultAbiCoder().encode(
      ['uint32', 'uint64', 'uint32', 'bytes32', 'bytes32'],
      [datanetId, firstContributionId, itemCount, itemsRoot, manifestDigest],
    ),
  )
}
