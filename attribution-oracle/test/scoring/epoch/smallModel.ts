import {
  Trainer,
  type Tokenizer,
  batchOf,
  counterBytes,
  encodeModel,
  forwardModel,
  initialWeights,
  pack,
  parameterLayout,
  trainBpe,
  trainingModel,
  unpack,
} from '@open-datanets/onnx-engine'
import { type Digest, type ScreenInput, sha256 } from '../../../src/domain'
import { windowsOf } from '../../../src/scoring/epoch/windows'

const CONFIG = { vocabSize: 512, width: 64, layers: 2, heads: 2, mlpWidth: 256, contextLength: 64 }
const BATCH = 24

export interface SmallModel {
  readonly tokenizer: Tokenizer
  /** Early to late. */
  readonly checkpoints: readonly { digest: Digest; bytes: Uint8Array }[]
}

/** Trains a real, small language model on the files and keeps it at a third of the way and at the end. */
export async function trainSmallModel(files: readonly ScreenInput[], steps: number): Promise<SmallModel> {
  const tokenizer = trainBpe(
    files.map(({ bytes }) => bytes),
    { vocabSize: CONFIG.vocabSize },
  )
  const windows = files.flatMap(({ bytes }) =>
    windowsOf(tokenizer.encode(bytes), { length: CONFIG.contextLength, endOfText: tokenizer.endOfText }),
  )
  const draw = counterBytes('small model', 'order')
  const order = Array.from({ length: Math.ceil((steps * BATCH) / windows.length) }, () =>
    draw.shuffle(windows),
  ).flat()
  const layout = parameterLayout(CONFIG)
  const trainer = await Trainer.create({
    model: encodeModel(trainingModel(CONFIG)),
    start: pack(layout, initialWeights(CONFIG, 'small model')),
    shards: 2,
    schedule: { learningRate: 5e-3, warmupSteps: 20, totalSteps: steps, finalShare: 0.1 },
    clipNorm: 1,
  })
  try {
    const batch = (step: number): ReturnType<typeof batchOf> => {
      const rows = order.slice((step - 1) * BATCH, step * BATCH)
      return batchOf(
        rows.map(({ tokens }) => tokens),
        rows.map(({ targets }) => targets),
      )
    }
    const { checkpoints } = await trainer.train({ batch, checkpointsAt: [Math.round(steps / 3), steps] })
    return {
      tokenizer,
      checkpoints: [...checkpoints.values()].map(parameters => {
        const bytes = encodeModel(forwardModel(CONFIG, unpack(layout, parameters)))
        return { digest: sha256(bytes), bytes }
      }),
    }
  } finally {
    await trainer.close()
  }
}
