import type { Feeds, Outputs } from './feeds'
import type { SessionOptions } from './sessionOptions'

/** What a session thread is started with. */
export interface ThreadSetup {
  readonly model: Uint8Array
  readonly options: SessionOptions
}

export type ThreadRequest =
  | { readonly kind: 'run'; readonly feeds: Feeds; readonly fetches: readonly string[] | undefined }
  | { readonly kind: 'close' }

/** The thread answers once when its session is created, then once per run. */
export type ThreadReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'outputs'; readonly outputs: Outputs }
  | { readonly kind: 'failed'; readonly reason: string }
