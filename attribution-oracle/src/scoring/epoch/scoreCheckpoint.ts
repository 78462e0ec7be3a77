import type { PaidOutput } from '../../domain'
import type { EncodedFile } from './corpus'
import type { CheckpointCodes } from './epochCodes'
import { type FeatureCodes, featuresOf } from './featureCodes'
import { type FisherFactor, factorOf } from './fisher'
import { influence } from './influence'
import type { CheckpointTask } from './plan'

/** Row-major [files, held-out texts]. A row's mean is what the file does to the held-out loss per token. */
export interface HeldOutScores {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
}

/** What one checkpoint says about its files. */
export interface CheckpointScores {
  readonly files: readonly EncodedFile[]
  /** [files]: nats, summed over scored tokens */
  readonly losses: Float64Array
  /** [files] */
  readonly selfInfluence: Float64Array
  /** [files, held-out texts]: how much a file lowers the loss there; absent where value is not measured. */
  readonly value: HeldOutScores | undefined
  /** Per output, then per file. */
  readonly outputs: ReadonlyMap<PaidOutput, readonly number[]>
}

/**
 * Stage B of one checkpoint: from codes alone, by operations that IEEE 754 rounds in one way only and in a fixed order,
 * so that every machine gets the same bits.
 * @param files what the rows of `codes.files` stand for
 */
export function scoreCheckpoint(
  task: CheckpointTask,
  files: readonly EncodedFile[],
  codes: CheckpointCodes,
  damping: string,
): CheckpointScores {
  const fisher = factorOf(codes.curvature, codes.curvatureTokens, damping)
  const rows = files.map((_, row) => featuresOf(codes.files, row))
  const outputs = new Map(
    task.outputs.map((output, index) => {
      const direction = fisher.solve(featuresOf(codes.outputs, index))
      return [output, rows.map(features => influence(direction, features))]
    }),
  )
  const value = task.measuresValue ? valueOf(fisher, rows, codes.held, codes.heldTokens) : undefined
  const { losses, selfInfluence } = codes
  return { files, losses, selfInfluence, value, outputs }
}

function valueOf(
  fisher: FisherFactor,
  rows: readonly Float64Array[],
  held: FeatureCodes,
  tokens: number,
): HeldOutScores {
  const columns = held.rows
  const data = new Float64Array(rows.length * columns)
  for (let column = 0; column < columns; column++) {
    const share = featuresOf(held, column).map(sum => (sum * columns) / Math.max(1, tokens))
    const direction = fisher.solve(share)
    rows.forEach((features, row) => (data[row * columns + column] = influence(direction, features)))
  }
  return { rows: rows.length, columns, data }
}
