import type { Digest } from './content'
import type { ReasonCode } from './reasonCode'
import type { NoiseSignal, ScreenInput } from './screeningTypes'
import type { ShardRunner } from './workQueue'

/** The scoring part of the epoch configuration. Fractions are decimal strings, so that they have one digest. */
export interface ScoringSettings {
  /** width of the random projection on each side of a layer */
  projection: number
  /** windows that the expected Fisher is estimated from */
  fisherSamples: number
  windowTokens: number
  /** multiple of the mean eigenvalue, for example "0.1" */
  damping: string
  seed: string
  /** quantile of value per byte above which values are clipped, for example "0.99" */
  clipQuantile: string
  /**
   * what the spans that a paid output quotes count against the gradient part, in units of each part's spread; the audit
   * of a datanet chooses it, and without one "0", because equal weight loses on ordinary prose
   */
  spanWeight?: string | undefined
}

/** One model of a lineage: the graphs that attribution differentiates, and what it was trained on. */
export interface ScoringLink {
  modelId: number
  /** ONNX forward graphs tokens -> logits, early to late */
  checkpoints: readonly { digest: Digest; bytes: Uint8Array }[]
  /** accepted contributions that this link was trained on, ascending; a copy stands here as its representative */
  contributionIds: readonly bigint[]
}

/** A registered model with its whole lineage, base first. */
export interface ScoringModel {
  modelId: number
  /** Hugging Face tokenizer.json */
  tokenizer: string
  links: readonly ScoringLink[]
}

/** One paid answer, from a receipt that was validated. */
export interface PaidOutput {
  receiptId: string
  modelId: number
  promptTokens: readonly number[]
  outputTokens: readonly number[]
  amount: bigint
}

export interface Progress {
  stage: string
  done: number
  total: number
}

export interface ScoreInput {
  /** accepted contributions, ascending by id */
  files: readonly ScreenInput[]
  evaluation: readonly { name: string; bytes: Uint8Array }[]
  /** the model of `models` whose trajectory value is measured on; undefined when the datanet has no base model yet */
  referenceModelId: number | undefined
  models: readonly ScoringModel[]
  outputs: readonly PaidOutput[]
  settings: ScoringSettings
  workers: number
  /** who computes what the networks have to be asked; threads of this process where it is absent */
  shards?: ShardRunner | undefined
  /**
   * the codes that another operator committed to, at most so many bytes of them: where ours agree with them, scores are
   * computed from theirs, and have to come out as theirs did to the last bit. Undefined where they cannot be had.
   */
  committed?: ((maxBytes: number) => Promise<Uint8Array | undefined>) | undefined
  /**
   * computes only a random share of what the networks say again, 0 to 1, and takes the committed codes over where that
   * agrees; the seed must be known to nobody before the codes are. All is computed where it is absent.
   */
  rescore?: { share: number; seed: string } | undefined
  onProgress?: (progress: Progress) => void
  signal?: AbortSignal
}

/** What a verifier needs to run the same computation again. */
export interface ScoringReceipt {
  engine: { onnxruntime: string; optimization: string; provider: string }
  seed: string
  /** digests of the checkpoints that were differentiated, in order */
  checkpoints: readonly Digest[]
  /** of the codes that the scores follow from, bit for bit; absent where no checkpoint was differentiated */
  codes?: Digest | undefined
}

/** What a contribution did to the held-out loss, how sure that is, and why it is not paid where it is not. */
export interface Estimate {
  readonly value: number
  readonly error: number
  readonly reason?: ReasonCode
}

/** Floats; they become integers at the one door, toWeights. */
export interface ScoreResult {
  /** what is paid for: a lower confidence bound, limited per byte */
  value: ReadonlyMap<bigint, number>
  /** what `value` is a bound of: the fall of the held-out loss, nats per token, and its standard error */
  estimates: ReadonlyMap<bigint, Estimate>
  /** by model id */
  usage: ReadonlyMap<number, ReadonlyMap<bigint, number>>
  noise: ReadonlyMap<bigint, NoiseSignal>
  receipt: ScoringReceipt
  /** what `receipt.codes` is the digest of, to be published */
  codes?: Uint8Array | undefined
}

/**
 * Whether a published tokenizer (tokenizer.json) and ONNX graph can be read at all. Models come from strangers: one that
 * cannot must be known before scoring starts.
 */
export type CheckModel = (tokenizer: string, graph: Uint8Array) => boolean

export type ScoreEpoch = (input: ScoreInput) => Promise<ScoreResult>

/** Non-negative integer weights that sum to exactly 10^9, or an empty map when no score is positive. */
export type ToWeights = (scores: ReadonlyMap<bigint, number>) => Map<bigint, bigint>
