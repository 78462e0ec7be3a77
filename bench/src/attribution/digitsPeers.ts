import { CounterStream, readModelFile } from '@open-datanets/onnx-engine'
import { type GroundTruth, rowsOf } from './arrays'
import { cosine, gradDot, knnShapley, trak } from './baselines'
import { BaselinePass, labelled } from './gradients'
import { type Matrix, sumOf, unitColumns } from './scorer'

const PARAMETERS = ['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias', 'fc3.weight', 'fc3.bias']

export interface Scored {
  readonly method: string
  readonly scores: Matrix
  readonly seconds: number
}

/** Others' methods on digits-MLP, run here on the checkpoints that they ask for. */
export async function digitsPeers(truth: GroundTruth): Promise<Scored[]> {
  const train = await truth.matrix('digits_Xtr')
  const query = await truth.matrix('digits_Xte')
  const labels = await truth.numbers('digits_ytr')
  const queryLabels = await truth.numbers('digits_yte')
  const samples = labelled(train, labels)
  const queries = labelled(query, queryLabels)
  const model = await readModelFile(truth.file('digits-mlp/model_full0.onnx'))
  const [loss, margin] = [await BaselinePass.open(model, 'loss'), await BaselinePass.open(model, 'margin')]
  const rows: Scored[] = []
  const row = async (method: string, score: () => Promise<Matrix> | Matrix): Promise<void> => {
    const started = performance.now()
    const scores = await score()
    rows.push({ method, scores, seconds: (performance.now() - started) / 1000 })
  }
  const seen = async (pass: BaselinePass, flat: Matrix) => {
    const weights = pass.weightsOf(flat.data, PARAMETERS)
    return { train: await pass.see(samples, weights), query: await pass.see(queries, weights) }
  }
  const dotAt = async (flat: Matrix): Promise<Matrix> => {
    const { train, query } = await seen(loss, flat)
    return gradDot({ train: train.gradients, query: query.gradients })
  }
  const full = await truth.matrix('digits-mlp/ckpt_full')
  const halves = await truth.matrix('digits-mlp/ckpt_half')
  const trajectory = await truth.matrix('digits-mlp/ckpt_traj_seed1000')
  try {
    await row('random', () => noise(train.rows, query.rows))
    await row('Grad-Dot', () => dotAt(rowsOf(full, [0])))
    await row('TracIn, 8 checkpoints', async () =>
      sumOf(await inTurn(count(8), step => dotAt(rowsOf(trajectory, [step])))),
    )
    for (const [k, ridge] of [
      [256, 0],
      [512, 0.05],
    ] as const)
      await row(`TRAK, 50 half models, k=${k}${ridge > 0 ? ', ridge tuned' : ''}`, async () => {
        const doubt = new Float64Array(train.rows)
        const terms = await inTurn(count(50), async half => {
          const { train, query } = await seen(margin, rowsOf(halves, [half]))
          train.probability!.forEach((p, i) => (doubt[i]! += 1 - p))
          const projection = rademacher(k, train.gradients.columns, String(half))
          return trak({ train: train.gradients, query: query.gradients }, projection, ridge)
        })
        const sum = sumOf(terms)
        return {
          ...sum,
          data: Array.from(sum.data, (value, i) => value * doubt[Math.floor(i / query.rows)]!),
        }
      })
    await row('hidden-state cosine', async () => {
      const { train, query } = await seen(loss, rowsOf(full, [0]))
      return cosine(train.representation, query.representation)
    })
    await row('KNN-Shapley', () => knnShapley(train, labels, query, queryLabels))
  } finally {
    await loss.close()
    await margin.close()
  }
  return rows
}

export const count = (length: number): number[] => Array.from({ length }, (_, i) => i)

export async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(await work(item))
  return results
}

function noise(rows: number, columns: number): Matrix {
  const draw = new CounterStream('bench', ['attribution', 'random'])
  return unitColumns({ rows, columns, data: Array.from({ length: rows * columns }, () => draw.uniform()) })
}

function rademacher(k: number, width: number, seed: string): Matrix {
  const draw = new CounterStream('bench', ['attribution', 'trak', seed])
  const data = new Float32Array(k * width)
  const unit = 1 / Math.sqrt(k)
  for (let i = 0; i < data.length; i += 32) {
    const bits = draw.uint32()
    for (let bit = 0; bit < 32 && i + bit < data.length; bit++)
      data[i + bit] = (bits >>> bit) & 1 ? unit : -unit
  }
  return { rows: k, columns: width, data }
}
