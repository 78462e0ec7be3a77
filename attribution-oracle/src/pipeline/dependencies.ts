import type { ChainReader, Poster } from '../chain'
import type {
  CheckModel,
  ContentStore,
  Observe,
  Progress,
  ScoreEpoch,
  Screen,
  ShardRunner,
  ToWeights,
} from '../domain'
import type { Keccak } from '../settlement'
import type { EpochStages } from './epochStages'

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
  /** who computes what the networks are asked; threads of this process where it is absent */
  shards?: ShardRunner | undefined
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

/** What the stages of an epoch are computed with. */
export interface Staging extends Computing {
  system: System
}

export interface Verifying extends Staging {
  chain: Pick<ChainReader, 'finalizedBlock' | 'blockAt' | 'expectBlock' | 'history'>
  /** who computes the stages; whoever calls where it is absent */
  stages?: EpochStages | undefined
}

/** Absent without a key: everything is computed and published, nothing is sent. */
export type Posting = Pick<Poster, 'address' | 'alone' | 'post' | 'finalize' | 'reconcile'>
