import { ContentStoreError } from '@open-datanets/content-store'
import type { Oracle } from '../compose'
import { poolParts, type ChainHistory, type EpochState } from '../domain'
import { isFault } from '../errors'
import { closingBlock, formatAmount } from '../pipeline'
import type { Answer, Flags } from './session'

const NEXT: Record<EpochState, string> = {
  open: 'close it: read the chain up to a finalized block',
  closed: 'score it',
  scored: 'settle and publish it',
  settled: 'post it, with the words of the other operators',
  submitted: 'finalize it after the challenge window',
  final: 'nothing: it is final',
}

/** What an epoch would be computed from if it were closed at the latest finalized block. Nothing is stored. */
export async function planOf({ operating }: Oracle, epoch: number, flags: Flags): Promise<Answer> {
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
      closes: await closes(operating, history, epoch),
      finalized: { ...block },
      posts: history.posts
        .filter(({ post }) => post.epoch === epoch)
        .map(({ post, poster, status }) => ({ poster, status, ledgerRoot: post.ledgerRoot })),
      contributors: history.contributors.length,
      contributions: history.batches.reduce((sum, { itemCount }) => sum + itemCount, 0),
      models: history.models.length,
      redemptions: history.redemptions.length,
      pools: fundedPools(history, flags['json'] === true),
    },
  }
}

/** The block that closes the epoch by its rule; null where there is none, or it cannot be told yet. */
async function closes(
  operating: Oracle['operating'],
  history: ChainHistory,
  epoch: number,
): Promise<number | null> {
  try {
    return (await closingBlock(operating, history, epoch)) ?? null
  } catch (error) {
    if (isFault(error, 'WRONG_STATE') || error instanceof ContentStoreError) return null
    throw error
  }
}

/** All that pools were ever funded with: wei for programs; an epoch pays what earlier ones have not. */
function fundedPools({ funded }: ChainHistory, json: boolean): object[] | string[] {
  const pools = [...funded].map(([poolId, wei]) => ({ ...(poolParts(poolId) ?? { poolId }), funded: wei }))
  if (json) return pools
  return pools.map(({ funded: wei, ...pool }) => {
    const name = 'kind' in pool ? `${pool.kind} ${pool.id}` : `pool ${pool.poolId}`
    return `${name.padEnd(12)} ${formatAmount(wei)} OPEN ever funded`
  })
}
