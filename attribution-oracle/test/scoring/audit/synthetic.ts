import { CounterStream } from '@open-datanets/onnx-engine'
import type { ScoreMatrix } from '../../../src/scoring/capture'
import { type Evidence, predictions } from '../../../src/scoring/audit/evidence'
import { subsetMasks } from '../../../src/scoring/audit/retrainEvidence'

export function randomScores(rows: number, columns: number, seed: string): ScoreMatrix {
  const stream = new CounterStream(seed, ['scores'])
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, () => stream.normal()) }
}

export function mixed(a: ScoreMatrix, b: ScoreMatrix, weight: number): ScoreMatrix {
  return { ...a, data: a.data.map((value, at) => value + weight * b.data[at]!) }
}

/** Losses that the scores predict but for normal noise of `noise` times the spread of the predictions. */
export function evidenceFor(truth: ScoreMatrix, subsets: number, noise: number, seed = 'evidence'): Evidence {
  const { rows, columns } = truth
  const masks = subsetMasks({ rows, subsets, seed })
  const blank = { masks, subsets, losses: new Float64Array(subsets * columns), columns }
  const stream = new CounterStream(seed, ['noise'])
  const spread = Math.sqrt(rows / 4) * noise
  return { ...blank, losses: predictions(blank, truth).map(sum => -sum + spread * stream.normal()) }
}
