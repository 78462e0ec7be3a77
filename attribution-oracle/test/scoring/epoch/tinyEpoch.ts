import { encodeModel, forwardModel, initialWeights, trainBpe } from '@open-datanets/onnx-engine'
import { type PaidOutput, type ScoreInput, type ScreenInput, sha256 } from '../../../src/domain'
import { sourcesOf } from '../../screening/solidity'

const CONFIG = { vocabSize: 300, width: 16, layers: 1, heads: 2, mlpWidth: 32, contextLength: 16 }
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const SOURCES: ScreenInput[] = sourcesOf('solmate')
  .filter(({ text }) => text.length < 4000)
  .slice(0, 6)
  .map(({ text }, index) => ({ id: BigInt(index), bytes: encode(text) }))

/** An epoch over four real files, two more held out, and a model that has learned nothing: small enough for any test. */
export function tinyEpoch(): ScoreInput & { readonly tokenize: (text: string) => number[] } {
  const files = SOURCES.slice(0, 4)
  const tokenizer = trainBpe(
    files.map(({ bytes }) => bytes),
    { vocabSize: CONFIG.vocabSize },
  )
  const config = { ...CONFIG, vocabSize: tokenizer.vocabSize }
  const bytes = encodeModel(forwardModel(config, initialWeights(config, 'tiny epoch')))
  const link = {
    modelId: 1,
    checkpoints: [{ digest: sha256(bytes), bytes }],
    contributionIds: files.map(({ id }) => id),
  }
  return {
    files,
    evaluation: SOURCES.slice(4).map(({ bytes: held }, index) => ({ name: `${index}.sol`, bytes: held })),
    referenceModelId: 1,
    models: [{ modelId: 1, tokenizer: tokenizer.toJson(), links: [link] }],
    outputs: [],
    settings: {
      projection: 2,
      fisherSamples: 16,
      windowTokens: CONFIG.contextLength,
      damping: '0.1',
      seed: 'tiny epoch',
      clipQuantile: '0.99',
    },
    workers: 1,
    tokenize: text => [...tokenizer.encode(encode(text))],
  }
}

/** One paid answer of the model. */
export function answer(outputTokens: readonly number[], amount = 1000n): PaidOutput {
  return { receiptId: 'answer', modelId: 1, promptTokens: [], outputTokens, amount }
}
