import type { Oracle } from '../compose'
import { poolParts, type ChainHistory, type EpochState } from '../domain'
import type { Answer } from './session'

const NEXT: Record<EpochState, string> = {
  open: 'close it: read the chain up to a finalized block',
  closed: 'score it',
  scored: 'settle and publish it',
  settled: 'post it, with the words of the other operators',
  submitted: 'finalize it after the challenge window',
  final: 'nothing: it is final',
}

/** What an epoch would be computed from if it were closed at the latest finalized block. Nothing is stored. */
export async function planOf({ operating }: Oracle, epoch: number): Promise<Answer> {
  const { chain, store, signal } = operating
  const block = await chain.finalizedBlock()
  const history = await chain.history(block.number, signal)
  const opening = history.openings.get(epoch)
  const state = (await store.state(epoch)) ?? 'open'
  return {
    result: {
      epoch,
      state,
      next: opening ? NEXT[state] : 'wait: the epoch manager has not opened it',
      opened: opening ? { ...opening } : null,
      finalized: { ...block },
      posts: history.posts
        .filter(({ post }) => post.epoch === epoch)
        .map(({ post, poster, status }) => ({ poster, status, ledgerRoot: post.ledgerRoot })),
      contributors: history.contributors.length,
      contributions: history.batches.reduce((sum, { itemCount }) => sum + itemCount, 0),
      models: history.models.length,
      redemptions: history.redemptions.length,
      pools: fundedPools(history),
    },
  }
}

/** All that pools were ever funded with, in wei; an epoch pays what earlier ones have not. */
function fundedPools({ funded }: ChainHistory): object[] {
  return [...funded].map(([poolId, wei]) => ({ ...(poolParts(poolId) ?? { poolId }), funded: wei }))
}
