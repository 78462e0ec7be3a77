import { finalize, type Stage, type World } from '../world'

/**
 * Epochs close by a rule, so that several operators pin the same block without talking. That of the first one leaves room
 * for all that is seeded, as nobody knows before how many blocks that takes; what is left of it is mined at once.
 */
export const SEEDING_BLOCKS = 2_000
/** For the emission of an epoch, and some blocks that the node mines by the clock. */
export const NEXT_BLOCKS = 60

/** Mines up to the block that closes an epoch, and makes it final. Moves the clock by as many seconds as blocks. */
export async function closeEpoch(
  world: World,
  { system }: Stage,
  epoch: number,
  blocks: number,
): Promise<void> {
  const { attributionOracle } = system
  const opened = await attributionOracle.queryFilter(attributionOracle.filters.EpochOpened(epoch))
  const { provider } = world.chain
  const left = opened[0]!.blockNumber + blocks - (await provider.getBlockNumber())
  if (left < 0) {
    throw new Error(`the blocks of epoch ${epoch} were over ${-left} blocks ago: its rule needs more of them`)
  }
  if (left > 0) await world.chain.mine(left)
  await finalize(world)
}
