import type { Digest } from '@open-datanets/content-store'
import { getAddress, type BlockTag, type Provider } from 'ethers'
import { DatanetRegistry__factory } from '../../../typechain-types/factories/contracts/registry/DatanetRegistry__factory'
import type { DatanetRegistry } from '../../../typechain-types/contracts/registry/DatanetRegistry'
import type { TypedContractEvent, TypedDeferredTopicFilter } from '../../../typechain-types/common'
import { ModelFactoryError } from '../errors'
import { readBlocks } from './readBlocks'
import { runsOf, type Absence, type Run, type Span } from './standing'
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
  /** its contributions in order: which take part, and why others do not */
  runs: Run[]
}

/** A Datanet at one block, batches ascending by id, which is by contributor. */
export interface DatanetAtBlock {
  chainId: number
  registry: string
  datanetId: number
  blockNumber: number
  batches: CommittedBatch[]
}

/** The place of the curated policy in the contract's enum. */
const CURATED = 2n

/** Of the batches whose ids a JSON number holds exactly, all items included: those of two million contributors. */
const LARGEST_ID = (1n << 53n) - (1n << 32n) - 1n

/** What each contributor said of its own contributions; the contract lets nobody speak for others. */
function spansByContributor(
  events: readonly { args: { contributorIndex: bigint; firstContributionId: bigint; count: bigint } }[],
): Map<bigint, Span[]> {
  const grouped = new Map<bigint, Span[]>()
  for (const { args } of events) {
    const from = Number(args.firstContributionId)
    const spans = grouped.get(args.contributorIndex) ?? []
    grouped.set(args.contributorIndex, [...spans, { from, to: from + Number(args.count) }])
  }
  for (const spans of grouped.values()) spans.sort((a, b) => a.from - b.from)
  return grouped
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
  const { filters } = contract
  const eventsOf = <E extends TypedContractEvent>(filter: TypedDeferredTopicFilter<E>) =>
    readBlocks(o.fromBlock ?? 0, block.number, (from, to) => contract.queryFilter(filter, from, to), o.signal)
  const events = await eventsOf(filters.BatchCommitted(o.datanetId))
  const withdrawn = spansByContributor(await eventsOf(filters.ContributionsWithdrawn()))
  const superseded = spansByContributor(await eventsOf(filters.ContributionsSucceeded()))
  const { policy } = await decoded(
    'DatanetRegistry.datanetOf',
    contract.datanetOf(o.datanetId, { blockTag: block.number }),
  )
  const decisions = new Map<bigint, boolean>()
  if (policy === CURATED) {
    for (const { args } of await eventsOf(filters.BatchDecided(o.datanetId)))
      decisions.set(args.batchId, args.accepted)
  }
  const restOf = (batchId: bigint): Absence | undefined => {
    if (batchId > LARGEST_ID) return 'ID_TOO_LARGE'
    if (policy !== CURATED || decisions.get(batchId) === true) return undefined
    return decisions.has(batchId) ? 'REFUSED' : 'UNDECIDED'
  }
  const batches = events.map(({ args }) => {
    const from = Number(args.firstContributionId)
    const contributorIndex = args.firstContributionId >> 32n
    const sayings = {
      withdrawn: withdrawn.get(contributorIndex) ?? [],
      superseded: superseded.get(contributorIndex) ?? [],
    }
    return {
      batchId: from,
      contributor: args.contributor,
      firstContributionId: from,
      itemCount: Number(args.itemCount),
      itemsRoot: args.itemsRoot,
      manifestDigest: args.manifestDigest as Digest,
      runs: runsOf({ from, to: from + Number(args.itemCount) }, sayings, restOf(args.firstContributionId)),
    }
  })
  return {
    chainId: Number(chainId),
    registry: getAddress(o.registry),
    datanetId: o.datanetId,
    blockNumber: block.number,
    batches: batches.sort((a, b) => a.batchId - b.batchId),
  }
}
