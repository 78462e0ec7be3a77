import { z } from 'zod'
import {
  canonicalBytes,
  epochHeader,
  epochInputsDocument,
  epochTables,
  parseDocument,
  postDocument,
  type EpochInputs,
  type Post,
} from '../domain'
import { isFault } from '../errors'
import type { EpochStore } from '../store'
import type { Scored } from './scoreStage'

const scoredDocument: z.ZodType<Scored> = z.object({
  tables: z.object({
    screening: z.array(epochTables.screening),
    receipts: z.array(epochTables.receipts),
    scores: z.array(epochTables.scores),
    weights: z.array(epochTables.weights),
  }),
  scoring: epochHeader.shape.scoring,
})

/** What each step leaves in the store for the next ones, as canonical JSON. */
export const written = {
  inputs: (inputs: EpochInputs) => ({ inputs: canonicalBytes(inputs) }),
  /** The codes are content, like the files that they are of. */
  scored: ({ tables, scoring }: Scored) => ({ scored: canonicalBytes({ tables, scoring }) }),
  post: (post: Post) => ({ post: canonicalBytes(post) }),
  /** How often the post had been rejected or cancelled before this posting. */
  dropped: (count: number) => ({ dropped: canonicalBytes(count) }),
}

/** @throws INVALID_DOCUMENT */
export const read = {
  inputs: (bytes: Uint8Array): EpochInputs => parseDocument(epochInputsDocument, 'stored inputs', bytes),
  scored: (bytes: Uint8Array): Scored => parseDocument(scoredDocument, 'stored scores', bytes),
}

export const stored = {
  inputBytes: (store: EpochStore, epoch: number): Promise<Uint8Array> =>
    store.result(epoch, 'closed', 'inputs'),
  scoredBytes: (store: EpochStore, epoch: number): Promise<Uint8Array> =>
    store.result(epoch, 'scored', 'scored'),
  post: async (store: EpochStore, epoch: number): Promise<Post> =>
    parseDocument(postDocument, 'stored post', await store.result(epoch, 'settled', 'post')),
  /** 0 for an epoch that was submitted by an earlier version */
  dropped: async (store: EpochStore, epoch: number): Promise<number> => {
    try {
      return parseDocument(z.number(), 'stored count', await store.result(epoch, 'submitted', 'dropped'))
    } catch (error) {
      if (isFault(error, 'WRONG_STATE')) return 0
      throw error
    }
  },
}
