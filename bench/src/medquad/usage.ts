import type { Model } from '@open-datanets/onnx-engine'
import type { ScoreMatrix } from '../../../attribution-oracle/src/scoring/capture'
import { fuse, spanScores } from '../../../attribution-oracle/src/scoring/text'
import { Bm25 } from './bm25'
import { centredCosines, hiddenStates } from './hiddenStates'
import type { Sequences } from './sequences'

/** What of each answer stands in the rows word for word, each span's weight split over the rows that hold it. */
export function spanUsage({ rows, questions }: Sequences): ScoreMatrix {
  return spanScores(
    rows.map(({ tokens }) => tokens),
    questions.map(({ answerTokens }) => answerTokens),
    { form: 'shared' },
  )
}

/** Both on the scale of their spread over institutes. */
export function hybridUsage(
  gradient: ScoreMatrix,
  spans: ScoreMatrix,
  weight: number,
  { rows }: Sequences,
): ScoreMatrix {
  return fuse(gradient, spans, weight, { groups: rows.map(({ institute }) => institute) })
}

export function bm25Usage(
  { rows, questions }: Sequences,
  asks: 'answer' | 'question and answer',
): ScoreMatrix {
  const index = new Bm25(rows.map(({ text }) => text))
  return matrixOf(
    rows.length,
    questions.map(({ question, answer }) =>
      index.scores(asks === 'answer' ? answer : `${question} ${answer}`),
    ),
  )
}

/** Cosine of mean hidden states, added up over models. */
export async function hiddenStateUsage(
  models: readonly Model[],
  { rows, questions }: Sequences,
  workers: number,
): Promise<ScoreMatrix> {
  const total = questions.map(() => rows.map(() => 0))
  for (const model of models) {
    const states = await hiddenStates(model, [...rows, ...questions], workers)
    const ofRows = states.slice(0, rows.length)
    states.slice(rows.length).forEach((state, question) => {
      centredCosines(state, ofRows).forEach((cosine, row) => (total[question]![row]! += cosine))
    })
  }
  return matrixOf(rows.length, total)
}

/** @param columns [question][row] */
export function matrixOf(rows: number, columns: readonly (readonly number[])[]): ScoreMatrix {
  const data = new Float64Array(rows * columns.length)
  columns.forEach((column, question) => {
    column.forEach((score, row) => (data[row * columns.length + question] = score))
  })
  return { rows, columns: columns.length, data }
}
