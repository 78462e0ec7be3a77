import type {
  Challenge,
  DemandedPage,
  EpochInputs,
  PageAnswer,
  PageDemand,
  Post,
  Progress,
  Redemption,
} from '../domain'
import type { StepResult } from '../store'
import type { Difference } from './difference'

export interface StageOptions {
  onProgress: (progress: Progress) => void
  signal?: AbortSignal
}

type Stage<Input, Output> = (input: Input, options: StageOptions) => Promise<Output>

/**
 * All that is long about an epoch. A stage is a function of its input and of content alone, and what goes in and out can
 * be handed to another thread: results of steps travel as the bytes that the store keeps.
 */
export interface EpochStages {
  /** redemptions that the previous epoch leaves over, @throws as readBefore */
  unpaid: Stage<Post | undefined, readonly Redemption[]>
  /** stored inputs -> stored scores; the codes behind them are content by then. @throws as scoreStage */
  score: Stage<Uint8Array, Uint8Array>
  /** published when it returns, so that whoever sees a settled epoch finds its data */
  settle: Stage<SettleInput, SettledResults>
  /** what a post can be proven wrong by, before anything is computed */
  evidence: Stage<EvidenceInput, Evidence>
  /** what we would have posted, and where the post parts from it */
  compare: Stage<CompareInput, Compared>
  /** whether everything that a post promises can be read by now */
  published: Stage<Post, boolean>
  /** what shows a demanded page of a published epoch. @throws as answerDemand */
  answer: Stage<{ post: Post; page: DemandedPage }, PageAnswer>
}

export interface SettleInput {
  /** as stored */
  inputs: Uint8Array
  /** as stored */
  scored: Uint8Array
  publishFolder: string
}

export interface SettledResults {
  post: Post
  earnings: NonNullable<StepResult['earnings']>
}

export interface EvidenceInput {
  post: Post
  /** the final post before it */
  previous: Post | undefined
  /** of all contributors, by their index */
  accounts: readonly string[]
  /** items that each contributor ever committed, by their index */
  committed: readonly number[]
  /** ever funded by pool id */
  funded: ReadonlyMap<bigint, bigint>
}

export interface Evidence {
  /** evidence for FraudProofs, when a sum is wrong and the leaves that prove it were published */
  challenge: Challenge | undefined
  /** whether some of what the post promises could not be read; it may still come */
  withheld: boolean
  /** pages that were not published, the first few of them: what a lie may hide behind */
  demands: readonly PageDemand[]
}

export interface CompareInput {
  post: Post
  /** the final post before it */
  previous: Post | undefined
  /** at the block that the post pins */
  inputs: EpochInputs
  /**
   * how far the posted weights of a pool may be from ours, all together, in parts per million of it, where the post
   * commits to no codes that ours agree with
   */
  tolerancePpm: number
  /** share of the posted codes that is computed again, drawn by chance; all of them at 1 */
  verifyShare: number
}

export interface Compared {
  honest: Post
  /** the first difference of every part, in the order of the pipeline */
  differences: readonly Difference[]
}
