import type { CausalLmConfig, Tokenizer } from '@open-datanets/onnx-engine'
import { encodeFiles, type EncodedFiles } from '../corpus/encodedFiles'
import { lossOf, type Loss } from '../documents/loss'
import { evaluate } from '../evaluate/evaluate'
import { NgramBaseline } from '../evaluate/ngramBaseline'
import type { FactoryProgress } from './progress'

export interface MeasureOptions {
  name: string
  config: CausalLmConfig
  tokenizer: Tokenizer
  workers: number
  onProgress?: ((progress: FactoryProgress) => void) | undefined
  signal?: AbortSignal | undefined
}

/** The loss of a model on files, reported as a stage of its training. */
export function measure(
  model: Uint8Array,
  files: readonly { bytes: Uint8Array }[],
  { name, config, tokenizer, workers, onProgress, signal }: MeasureOptions,
): Promise<Loss> {
  return evaluate(
    {
      model,
      tokenizer,
      contextLength: config.contextLength,
      workers,
      onProgress: progress => onProgress?.({ stage: 'evaluate', name, ...progress }),
      ...(signal && { signal }),
    },
    files,
  )
}

/** The loss of counts over the same training tokens, on the same held-out tokens. */
export function baselines(
  training: EncodedFiles,
  heldOut: readonly { bytes: Uint8Array }[],
  { config, tokenizer }: MeasureOptions,
): { unigram: Loss; bigram: Loss } {
  const counts = new NgramBaseline(training.windows, config.vocabSize)
  const { windows, tokens, bytes } = encodeFiles(heldOut, tokenizer, config.contextLength)
  return {
    unigram: lossOf(counts.unigramNats(windows), tokens, bytes),
    bigram: lossOf(counts.bestBigramNats(windows), tokens, bytes),
  }
}
