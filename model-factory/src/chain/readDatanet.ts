import type { Digest } from '@open-datanets/content-store'
import { getAddress, type BlockTag, type Provider } from 'ethers'
import { DatanetRegistry__factory } from '../../../typechain-types/factories/contracts/registry/DatanetRegistry__factory'
import type { DatanetRegistry } from '../../../typechain-types/contracts/registry/DatanetRegistry'
import { ModelFactoryError } from '../errors'
import { readBlocks } from './readBlocks'
import { decoded } from './revertReason'

export interface ReadDatanetOptions {
  provider: Provider
  /** Address of the DatanetRegistry. */
  registry: string
  datanetId: number
  /** Account that will register what is trained. */
  builder: string
  /** The block that the snapshot is pinned to. Default: the last finalized one, which no reorganisation takes back. */
  blockTag?: BlockTag
  /** Where to start looking for batches: the registry's own block, or 0. */
  fromBlock?: number
  signal?: AbortSignal
}

/** A batch as the chain tells it. */
export interface CommittedBatch {
  batchId: number
  contributor: string
  firstContributionId: number
  itemCount: number
  itemsRoot: string
  manifestDigest: Digest
}

/** A Datanet at one block, batches in the order of their ids. */
export interface DatanetAtBlock {
  chainId: number
  registry: string
  datanetId: number
  blockNumber: number
  batches: CommittedBatch[]
}

async function requireBuilder(
  registry: DatanetRegistry,
  { datanetId, builder }: ReadDatanetOptions,
  blockNumber: number,
): Promise<void> {
  const permitted = await decoded(
    'DatanetRegistry.isBuilder',
    registry.isBuilder(datanetId, builder, { blockTag: blockNumber }),
  )
  if (!permitted) throw new ModelFactoryError('NOT_PERMITTED', { datanetId, builder, blockNumber })
}

/**
 * Asks the chain whether the builder may use the Datanet, and only then reads its batches, all at one block.
 * Throws NOT_PERMITTED, UNKNOWN_BLOCK, CHAIN_CALL_FAILED.
 */
export async function readDatanet(o: ReadDatanetOptions): Promise<DatanetAtBlock> {
  const blockTag = o.blockTag ?? 'finalized'
  const block = await decoded('eth_getBlockByNumber', o.provider.getBlock(blockTag))
  if (block === null) throw new ModelFactoryError('UNKNOWN_BLOCK', { blockTag: String(blockTag) })
  const contract = DatanetRegistry__factory.connect(o.registry, o.provider)
  await requireBuilder(contract, o, block.number)

  const { chainId } = await decoded('eth_chainId', o.provider.getNetwork())
  const committed = contract.filters.BatchCommitted(o.datanetId)
  const events = await readBlocks(
    o.fromBlock ?? 0,
    block.number,
    (from, to) => contract.queryFilter(committed, from, to),
    o.signal,
  )
  const batches = events.map(({ args }) => ({
    batchId: Number(args.batchId),
    contributor: args.contributor,
    firstContributionId: Number(args.firstContributionId),
    itemCount: Number(args.itemCount),
    itemsRoot: args.itemsRoot,
    manifestDigest: args.manifestDigest as Digest,
  }))
  return {
    chainId: Number(chainId),
    registry: getAddress(o.registry),
    datanetId: o.datanetId,
    blockNumber: block.number,
    batches: batches.sort((a, b) => a.batchId - b.batchId),
  }
}
