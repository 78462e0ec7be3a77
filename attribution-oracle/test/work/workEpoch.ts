import { encodeModel, forwardModel, initialWeights, trainBpe } from '@open-datanets/onnx-engine'
import { type PaidOutput, type ScoreInput, sha256 } from '../../src/domain'
import { sourcesOf } from '../screening/solidity'

const CONFIG = { vocabSize: 300, width: 16, layers: 1, heads: 2, mlpWidth: 32, contextLength: 16 }
const CHECKPOINTS = 2

/** An epoch of two small checkpoints over eight real files, with outputs and two held-out files: some thirty shards. */
export function workEpoch(): ScoreInput {
  const texts = sourcesOf('solmate')
    .filter(({ text }) => text.length < 6000)
    .slice(0, 10)
    .map(({ text }) => Buffer.from(text))
  const files = texts.slice(2).map((bytes, index) => ({ id: BigInt(index), bytes }))
  const tokenizer = trainBpe(texts, { vocabSize: CONFIG.vocabSize })
  const config = { ...CONFIG, vocabSize: tokenizer.vocabSize }
  const checkpoints = Array.from({ length: CHECKPOINTS }, (_, index) => {
    const bytes = encodeModel(forwardModel(config, initialWeights(config, `checkpoint ${index}`)))
    return { digest: sha256(bytes), bytes }
  })
  const outputs = files.slice(0, 4).map(({ bytes }, index): PaidOutput => {
    const ids = [...tokenizer.encode(bytes)]
    const answer = { promptTokens: ids.slice(0, 20), outputTokens: ids.slice(20, 90) }
    return { receiptId: String(index), modelId: 1, amount: 1000n, ...answer }
  })
  const link = { modelId: 1, checkpoints, contributionIds: files.map(({ id }) => id) }
  return {
    files,
    evaluation: texts.slice(0, 2).map((bytes, index) => ({ name: `${index}.sol`, bytes })),
    referenceModelId: 1,
    models: [{ modelId: 1, tokenizer: tokenizer.toJson(), links: [link] }],
    outputs,
    settings: {
      projection: 2,
      fisherSamples: 200,
      windowTokens: CONFIG.contextLength,
      damping: '0.1',
      seed: 'work epoch',
      clipQuantile: '0.99',
    },
    workers: 1,
  }
}
