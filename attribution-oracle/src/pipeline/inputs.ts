import {
  EPOCH_INPUTS_FORMAT,
  type BlockRef,
  type ChainHistory,
  type EpochInputs,
  type Post,
  type PostRecord,
  type Redemption,
} from '../domain'
import { AttributionOracleError } from '../errors'
import type { System } from './dependencies'

/**
 * What an epoch is a function of, cut out of the history up to its pinned block.
 * @param unpaid redemptions that the previous epoch leaves over
 * @throws WRONG_STATE when the epoch is not open on chain, or the one before it is not final at that block
 */
export function inputsOf(
  history: ChainHistory,
  system: System,
  epoch: number,
  block: BlockRef,
  unpaid: readonly Redemption[],
): EpochInputs {
  const configDigest = history.openings.get(epoch)?.configDigest
  if (!configDigest)
    throw notYet(epoch, `not open at block ${block.number}`, 'opened by AttributionOracle.openEpoch')
  const previous = finalPost(history, epoch - 1)
  if (epoch > 1 && !previous)
    throw notYet(epoch, `epoch ${epoch - 1} is not final`, `epoch ${epoch - 1} final first`)
  return {
    format: EPOCH_INPUTS_FORMAT,
    version: 2,
    ...system,
    epoch,
    configDigest,
    blockNumber: block.number,
    blockHash: block.hash,
    contributors: history.contributors,
    batches: history.batches,
    register: history.register,
    models: history.models,
    redemptions: [
      ...unpaid,
      ...history.redemptions.filter(({ blockNumber }) => blockNumber > (previous?.blockNumber ?? -1)),
    ],
    pools: [...history.funded]
      .map(([poolId, funded]) => ({ poolId, funded }))
      .sort((a, b) => (a.poolId < b.poolId ? -1 : 1)),
    previous: previous ?? null,
  }
}

export function finalPost(history: ChainHistory, epoch: number): Post | undefined {
  return finalRecord(history, epoch)?.post
}

export function finalRecord(history: ChainHistory, epoch: number): PostRecord | undefined {
  return history.posts.find(record => record.post.epoch === epoch && record.status === 'final')
}

export function notYet(epoch: number, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'WRONG_STATE',
    { what: `Epoch ${epoch} cannot be closed yet`, got, expected },
    { epoch, got, expected },
  )
}
