import type { ContentStore } from '../domain'

/** Where operator and workers put what they need of each other. */
export interface WorkStores {
  /** what epochs name and keep for ever: graphs, tokenizers, texts */
  readonly content: ContentStore
  /** what is made for the work alone and named by nothing else: shards, answers, results. It may be swept */
  readonly scratch: ContentStore
}
