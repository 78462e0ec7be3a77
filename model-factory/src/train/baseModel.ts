import type { Digest } from '@open-datanets/content-store'
import type { CausalLmConfig, Tokenizer, Weights } from '@open-datanets/onnx-engine'
import type { BaseManifest } from '../documents/trainingManifest'

/** A trained base model in memory. Everything in its manifest is in the content store. */
export interface BaseModel {
  config: CausalLmConfig
  tokenizer: Tokenizer
  weights: Weights
  manifest: BaseManifest
  manifestDigest: Digest
}

/** What a training reads: the files of a snapshot, or some of them. */
export interface TrainingData {
  /** Digest of the snapshot that the files come from. */
  snapshot: Digest
  files: readonly { id: number; name: string; bytes: Uint8Array }[]
}
