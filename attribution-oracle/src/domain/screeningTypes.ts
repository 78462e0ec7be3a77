import type { ReasonCode, Verdict } from './reasonCode'

/** One file to screen. There is no account in it: screening cannot look at who contributed. */
export interface ScreenInput {
  /** its rank among the files in the order of their commitment: an id on chain would tell whose it is */
  id: bigint
  bytes: Uint8Array
}

/** The screening part of the epoch configuration. Fractions are decimal strings, so that they have one digest. */
export interface ScreeningRules {
  minBytes: number
  maxBytes: number
  /** tokens per shingle */
  shingle: number
  /** MinHash permutations */
  permutations: number
  /** Jaccard or containment from which two files are one cluster, for example "0.8" */
  similarity: string
  /** nats per byte that a file's loss must beat the unigram baseline by, for example "0.05" */
  noiseMarginNats: string
}

/** What scoring saw of one file, fed back into screening. */
export interface NoiseSignal {
  /** reference model, nats per byte */
  lossPerByte: number
  /** unigram baseline, nats per byte */
  baselinePerByte: number
  /** self-influence over the trajectory, per byte */
  selfInfluence: number
}

export interface ScreenResult {
  id: bigint
  verdict: Verdict
  reason: ReasonCode
  /** the earliest id of its cluster; its own id unless it is a copy */
  representative: bigint
  /** share of the file that no earlier file holds, 0 to 1; scores are multiplied by it */
  novelty: number
  /** one sentence with the numbers behind the reason */
  detail: string
}

/** Screens files in the order of their ids. Pure: the same files and rules give the same results. */
export type Screen = (
  files: readonly ScreenInput[],
  rules: ScreeningRules,
  signals?: ReadonlyMap<bigint, NoiseSignal>,
) => ScreenResult[]
