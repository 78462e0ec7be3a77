import { pendingHash } from '../chain'
import type { BlockRef, ChainHistory, PostRecord } from '../domain'
import type { ServiceDeps, ServiceOptions } from './dependencies'
import type { Memory } from './memory'

/** All that one cycle works with. */
export interface Round {
  /** the chain in it is the view of this cycle */
  deps: ServiceDeps
  options: ServiceOptions
  memory: Memory
  latest: BlockRef
  history: ChainHistory
}

/** The epoch that can be posted next. */
export function nextEpoch({ posts }: ChainHistory): number {
  return (
    posts.reduce((last, { post, status }) => (status === 'final' ? Math.max(last, post.epoch) : last), 0) + 1
  )
}

/** The post that is pending in the newest finalized block. */
export function pendingRecord({ posts }: ChainHistory): PostRecord | undefined {
  return posts.findLast(({ status }) => status === 'pending')
}

/** One posting: the same post, posted again, has another deadline. */
export function postingKey({ post, signers, deadline }: PostRecord): string {
  return `${pendingHash(post, signers)} until ${deadline}`
}
