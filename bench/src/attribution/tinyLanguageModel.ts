import type { NpyArray } from '@open-datanets/onnx-engine'
import type { Row, Table } from '../table'
import type { GroundTruth } from './arrays'
import { barred, rounded } from './bar'
import { crossFitted } from './evidence'
import { recordedPeers } from './recordedPeers'
import { scoreAsUser, type Job } from './scoreAsUser'
import { leaveOneOut, linearDatamodelingScore, sumByGroup, type Matrix } from './scorer'

const CONTRIBUTORS = 20

/** A two-layer transformer over generated documents with planted phrases: 60 retrained halves x 3 seeds. */
export async function tinyLanguageModel(truth: GroundTruth): Promise<Table> {
  const [train, query] = [await truth.array('tinylm/train_tokens'), await truth.array('tinylm/test_tokens')]
  const owner = await truth.numbers('tinylm/owner')
  const job: Job = {
    task: 'causal-lm',
    question: 'usage',
    model: truth.file('tinylm/model_full0.onnx'),
    checkpoints: {
      parameters: truth.file('tinylm/ckpt_full.npy'),
      layout: truth.file('tinylm/param_layout.json'),
    },
    train: { inputs: 'train.npy', targets: 'train-next.npy' },
    query: { inputs: 'query.npy', targets: 'query-next.npy' },
    groups: truth.file('tinylm/owner.npy'),
    files: {
      'train.npy': shifted(train, 0),
      'train-next.npy': shifted(train, 1),
      'query.npy': shifted(query, 0),
      'query-next.npy': shifted(query, 1),
    },
  }
  const halves = await truth.halves('tinylm', owner.length)
  const rows: Row[] = []
  const missed: string[] = []
  const add = async (
    method: string,
    scores: Matrix,
    LDS: number,
    seconds: number,
    bars: Readonly<Record<string, number>>,
  ): Promise<void> => {
    const summed = sumByGroup(scores, owner, CONTRIBUTORS)
    const found = barred(
      {
        method,
        by: 'here',
        LDS: rounded(LDS),
        'contributor LDS': rounded(linearDatamodelingScore(summed, await truth.contributorHalves('tinylm'))),
        'leave one out': rounded(leaveOneOut(summed, await truth.risesWithout('tinylm'))),
        'owner first': rounded(ownerFirst(summed, await truth.numbers('tinylm/test_gold_owner'))),
        s: rounded(seconds),
      },
      bars,
    )
    rows.push(found.row)
    missed.push(...found.missed)
  }
  for (const method of ['ek-fac', 'spans', 'hybrid']) {
    const { matrix, seconds } = await scoreAsUser({ ...job, method })
    const scores = matrix('')
    await add(`${method}, as it comes`, scores, linearDatamodelingScore(scores, halves), seconds, {})
  }
  for (const [method, bar] of [
    ['ek-fac', 0.65],
    ['auto', 0.74],
  ] as const) {
    const { scores, LDS, seconds } = await crossFitted(halves, { ...job, method })
    await add(`${method}, by audit`, scores, LDS, seconds, { LDS: bar })
  }
  return {
    title: 'tiny language model: 60 retrained halves x 3 seeds, 100 documents',
    rows: [...recordedPeers(truth, 'tinylm').slice(-4), ...rows],
    notes: [
      'By audit: every half is predicted by what was chosen with the retrains of 30 others, LDS over all 60.',
    ],
    missed,
  }
}

/** Tokens [n, 33] as 32 inputs, or as the 32 that follow them. */
function shifted({ shape, data }: NpyArray, by: 0 | 1): NpyArray {
  const [rows, width] = [shape[0]!, shape[1]!]
  const next = new BigInt64Array(rows * (width - 1))
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width - 1; i++) next[row * (width - 1) + i] = BigInt(data[row * width + i + by]!)
  return { shape: [rows, width - 1], dtype: 'int64', data: next }
}

/** Share of the documents with a planted phrase whose owner ranks first. */
function ownerFirst(scores: Matrix, gold: readonly number[]): number {
  const asked = gold.flatMap((owner, document) => (owner >= 0 ? [{ owner, document }] : []))
  const first = asked.filter(({ owner, document }) => {
    const of = (contributor: number): number => scores.data[contributor * scores.columns + document]!
    return Array.from({ length: scores.rows }, (_, i) => of(i)).every(score => score <= of(owner))
  })
  return first.length / asked.length
}
