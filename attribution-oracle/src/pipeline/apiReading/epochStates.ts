import type { ChainHistory, EpochState, EpochSummary, Post, PostRecord } from '../../domain'

/** What is known of the epochs at one finalized block, and what this operator did of them. */
export interface EpochStates {
  /** descending */
  readonly numbers: readonly number[]
  get(epoch: number): EpochSummary | undefined
  /** the posts of final epochs, ascending and without a gap */
  readonly final: readonly Post[]
}

/**
 * Joins what finalized events say of each epoch with what the store says: the chain is right where both speak.
 * @param own states of the store, by epoch
 * @param settled posts that were settled here, by epoch
 */
export function epochStates(
  history: Pick<ChainHistory, 'openings' | 'posts'>,
  own: ReadonlyMap<number, EpochState>,
  settled: ReadonlyMap<number, Post>,
): EpochStates {
  const posts = new Map<number, PostRecord[]>()
  for (const record of history.posts)
    posts.set(record.post.epoch, [...(posts.get(record.post.epoch) ?? []), record])
  const numbers = [...new Set([...history.openings.keys(), ...posts.keys(), ...own.keys()])]
  const summaries = new Map(
    numbers.map(epoch => {
      const opening = history.openings.get(epoch)
      const records = posts.get(epoch) ?? []
      const standing = records.findLast(({ status }) => status === 'final' || status === 'pending')
      const state = stateOf(standing, own.get(epoch))
      const post = standing?.post ?? settled.get(epoch)
      const opened = { configDigest: opening?.configDigest, openedAt: opening?.blockNumber }
      return [epoch, { epoch, state, ...opened, posts: records, post }] as const
    }),
  )
  const final = history.posts.filter(({ status }) => status === 'final').map(({ post }) => post)
  return {
    numbers: numbers.sort((a, b) => b - a),
    get: epoch => summaries.get(epoch),
    final: final.sort((a, b) => a.epoch - b.epoch),
  }
}

function stateOf(standing: PostRecord | undefined, own: EpochState | undefined): EpochState {
  if (standing) return standing.status === 'final' ? 'final' : 'submitted'
  // a post that the store knows of and finalized blocks do not is still on its way
  return own === 'final' ? 'submitted' : (own ?? 'open')
}
