import {
  EPOCH_CONFIG_FORMAT,
  epochConfig,
  parseDocument,
  type BlockRef,
  type ChainHistory,
  type EpochConfig,
} from '../domain'
import { isFault } from '../errors'
import type { Verifying } from './dependencies'
import { finalRecord, notYet } from './inputs'

/**
 * The block that the rule of an epoch pins, which may lie ahead; undefined where the poster chooses.
 * @throws WRONG_STATE when the epoch is not open, or the one before it is not final, INVALID_DOCUMENT, CONTENT_MISSING
 */
export async function closingBlock(
  { content }: Pick<Verifying, 'content'>,
  history: ChainHistory,
  epoch: number,
): Promise<number | undefined> {
  const earliest = earliestBlock(history, epoch)
  const { configDigest } = history.openings.get(epoch)!
  const config = parseDocument(epochConfig, EPOCH_CONFIG_FORMAT, await content.get(configDigest))
  return blockOf(config, earliest)
}

export function blockOf({ closing }: EpochConfig, earliest: number): number | undefined {
  return closing && earliest + closing.blocks
}

/** The first block from which an epoch can be computed at all. @throws WRONG_STATE as `inputsOf` */
function earliestBlock(history: ChainHistory, epoch: number): number {
  const opening = history.openings.get(epoch)
  if (!opening) throw notYet(epoch, 'not open', 'opened by AttributionOracle.openEpoch')
  const before = finalRecord(history, epoch - 1)
  if (epoch > 1 && !before)
    throw notYet(epoch, `epoch ${epoch - 1} is not final`, `epoch ${epoch - 1} final first`)
  return Math.max(opening.blockNumber, before?.decidedAt ?? 0)
}

/**
 * The block that we compute an epoch from: what the rule says; without a rule what somebody has posted already, if an
 * epoch can be computed from there, else the latest finalized one.
 * @throws WRONG_STATE also while the block of the rule is not final, WRONG_CHAIN, RPC_FAILED
 */
export async function pinnedBlock(
  deps: Pick<Verifying, 'content' | 'chain'>,
  history: ChainHistory,
  latest: BlockRef,
  epoch: number,
): Promise<BlockRef> {
  const number = await closingBlock(deps, history, epoch)
  if (number === undefined) return (await postedBlock(deps, history, latest, epoch)) ?? latest
  if (number <= latest.number) return deps.chain.blockAt(number)
  throw notYet(epoch, `finalized up to block ${latest.number}`, `block ${number}, which closes it`)
}

async function postedBlock(
  { chain }: Pick<Verifying, 'chain'>,
  history: ChainHistory,
  latest: BlockRef,
  epoch: number,
): Promise<BlockRef | undefined> {
  const posted = history.posts.findLast(
    ({ post, status }) => post.epoch === epoch && (status === 'pending' || status === 'final'),
  )?.post
  if (!posted || posted.blockNumber > latest.number || posted.blockNumber < earliestBlock(history, epoch))
    return undefined
  const block = { number: Number(posted.blockNumber), hash: posted.blockHash }
  try {
    await chain.expectBlock(block)
    return block
  } catch (error) {
    if (isFault(error, 'WRONG_CHAIN')) return undefined
    throw error
  }
}
