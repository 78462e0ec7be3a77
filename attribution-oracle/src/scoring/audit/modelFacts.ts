import type { CheckpointCapture, SampleCapture } from '../capture'

export type AuditTask = 'classification' | 'regression' | 'binary' | 'causal-lm'

/** What a choice without evidence rests on. */
export interface ModelFacts {
  readonly task: AuditTask
  readonly samples: number
  readonly queries: number
  /** outputs of one position; undefined where they are too many for one Fisher row each */
  readonly classes: number | undefined
  readonly layers: number
  /** most inWidth x outWidth of a layer */
  readonly largestLayer: number
  readonly positions: number
  /** decimal string: L2 of the training objective, where it is known */
  readonly weightDecay?: string
  /** bytes that one checkpoint's matrices may take */
  readonly memory: number
}

/** How far one checkpoint is from fitting its training data. */
export interface Fit {
  /** nats or squared error, mean over training samples */
  readonly loss: number
  /** of the same losses */
  readonly median: number
  /** mean p(1-p) of the true class; absent for regression and sequences */
  readonly doubt?: number
}

/** More samples than this are scored by features, whose cost grows linearly. */
export const MOST_DUAL_SAMPLES = 20_000

export async function readFacts(
  capture: CheckpointCapture,
  { task, memory, weightDecay }: Pick<ModelFacts, 'task' | 'memory' | 'weightDecay'>,
): Promise<ModelFacts> {
  const [train, query] = [await capture.train('loss'), await capture.query('loss')]
  return {
    task,
    memory,
    ...(weightDecay !== undefined && { weightDecay }),
    samples: train.count,
    queries: query.count,
    classes: capture.classes,
    layers: train.layers.length,
    largestLayer: Math.max(0, ...train.layers.map(({ inWidth, outWidth }) => inWidth * outWidth)),
    positions: Math.max(1, ...train.layers.map(({ positions }) => positions)),
  }
}

export function fitOf({ loss, probability }: SampleCapture): Fit {
  const mean = (values: ArrayLike<number>, of: (value: number) => number): number => {
    let sum = 0
    for (let index = 0; index < values.length; index++) sum += of(values[index]!)
    return values.length === 0 ? 0 : sum / values.length
  }
  const sorted = Float64Array.from(loss).sort()
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return {
    loss: mean(loss, x => x),
    median,
    ...(probability && { doubt: mean(probability, p => p * (1 - p)) }),
  }
}

/** Whether the kernel of all samples is defined and fits: margins of classes, or a regression with one output. */
export function roomyDual({ task, samples, queries, classes, memory, positions }: ModelFacts): boolean {
  if (task === 'causal-lm' || samples > MOST_DUAL_SAMPLES) return false
  if (task === 'regression' && classes !== 1) return false
  const bytes = 8 * samples * (samples + queries) + 8 * samples * Math.max(queries, 256)
  return bytes <= memory && positions <= 4096
}
