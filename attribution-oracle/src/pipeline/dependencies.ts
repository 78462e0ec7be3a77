import type { ChainReader, Poster } from '../chain'
import type { CheckModel, ContentStore, Observe, Progress, ScoreEpoch, Screen, ToWeights } from '../domain'
import type { Keccak } from '../settlement'

/** What computing an epoch needs, for the operator who posts and for the verifier alike. */
export interface Computing {
  content: ContentStore
  keccak: Keccak
  screen: Screen
  checkModel: CheckModel
  scoreEpoch: ScoreEpoch
  toWeights: ToWeights
  /** threads for scoring; their number changes no bit of the result */
  workers: number
  onProgress: (progress: Progress) => void
  observe?: Observe
  signal?: AbortSignal
}

/** The contracts whose addresses are part of what is computed. */
export interface System {
  chainId: number
  vault: string
  registry: string
  payments: string
}

export interface Verifying extends Computing {
  chain: Pick<ChainReader, 'finalizedBlock' | 'blockAt' | 'expectBlock' | 'history'>
  system: System
}

/** Absent without a key: everything is computed and published, nothing is sent. */
export type Posting = Pick<Poster, 'address' | 'alone' | 'post' | 'finalize' | 'reconcile'>
