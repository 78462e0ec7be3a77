import type { Feeds, Outputs } from './feeds'
import type { OnnxEngineErrorData } from '../errors'
import type { ProviderChoice } from './providers'
import type { SessionOptions } from './sessionOptions'

/** What a session thread is started with. */
export interface ThreadSetup {
  readonly model: Uint8Array | string
  readonly options: SessionOptions
}

export type ThreadRequest =
  | { readonly kind: 'run'; readonly feeds: Feeds; readonly fetches: readonly string[] | undefined }
  | { readonly kind: 'close' }

/** The thread answers once when its session is created, then once per run. */
export type ThreadReply =
  | { readonly kind: 'ready'; readonly providers: ProviderChoice }
  | { readonly kind: 'outputs'; readonly outputs: Outputs }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly refused: OnnxEngineErrorData['PROVIDER_UNAVAILABLE']['refused'] }
