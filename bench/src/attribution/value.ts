import type { Table } from '../table'
import type { GroundTruth } from './arrays'
import { barred, rounded } from './bar'
import { parted } from './evidence'
import { CONTRIBUTORS, digitsJob, mlpCheckpoints } from './digits'
import { pearson, spearman } from './rank'
import { scoreAsUser } from './scoreAsUser'
import { column, product, sumByGroup, type Matrix } from './scorer'

/** What others reach by the same measure on the same arrays, as the ground truth's own measurements say. */
const RECORDED = [
  { method: 'KNN-Shapley', by: 'reference', 'leave one out': 0 },
  { method: 'LoGra, empirical Fisher', by: 'reference', 'leave one out': 0.24 },
  { method: 'TRAK, 50 half models', by: 'reference', 'leave one out': 0.696 },
]

/** Value: what contributors did to the loss of 500 held-out samples. */
export async function valueOfContributors(truth: GroundTruth): Promise<Table> {
  const owners = await truth.numbers('digits_group')
  const coalitions = await truth.matrix('digits-mlp/glds_groups')
  const expanded = membersOf(coalitions, owners)
  const { job: audit, judged } = parted({ members: expanded, losses: asColumn(await mean(truth, 'glds')) })
  const { matrix, seconds, method } = await scoreAsUser(
    digitsJob(truth, {
      ...audit,
      question: 'value',
      model: truth.file('digits-mlp/model_full0.onnx'),
      checkpoints: mlpCheckpoints(truth.file('digits-mlp/ckpt_traj10.npy')),
      query: { inputs: truth.file('digits_Xva.npy'), targets: truth.file('digits_yva.npy') },
    }),
  )
  const values = matrix('values')
  const groups = sumByGroup(values, owners, CONTRIBUTORS)
  const { row, missed } = barred(
    {
      method: `auto: ${method}`,
      by: 'here',
      'leave one out': rounded(pearson(groups.data, await risesOfMean(truth))),
      'contributor LDS': rounded(predicts(values, judged.members, column(judged.losses, 0))),
      LDS: rounded(
        predicts(values, (await truth.halves('digits-mlp', values.rows)).members, await mean(truth, 'lds')),
      ),
      s: rounded(seconds),
    },
    { 'leave one out': 0.94 },
  )
  return {
    title: 'value: mean loss of 500 held-out digits, network, 10 runs x 5 checkpoints',
    rows: [...RECORDED, row],
    notes: [
      'Method, damping and checkpoints by an audit with the mean losses of 50 retrained halves of the contributors;',
      'contributor LDS over the other 50. No contributor was left out alone in the audit.',
    ],
    missed,
  }
}

async function mean(truth: GroundTruth, kind: 'lds' | 'glds' | 'loco' | 'loco_full'): Promise<Float64Array> {
  return column(await truth.matrix(`digits-mlp/${kind}_val`), 0)
}

async function risesOfMean(truth: GroundTruth): Promise<Float64Array> {
  const [withAll] = await mean(truth, 'loco_full')
  return (await mean(truth, 'loco')).map(loss => loss - withAll!)
}

function predicts(values: Matrix, members: Matrix, losses: Float64Array): number {
  return spearman(
    product(members, values).data,
    losses.map(loss => -loss),
  )
}

/** [coalitions, contributors] as [coalitions, rows]. */
function membersOf({ rows, columns, data }: Matrix, owners: readonly number[]): Matrix {
  const members = Uint8Array.from({ length: rows * owners.length }, (_, i) =>
    Number(data[Math.floor(i / owners.length) * columns + owners[i % owners.length]!]),
  )
  return { rows, columns: owners.length, data: members }
}

const asColumn = (data: Float64Array): Matrix => ({ rows: data.length, columns: 1, data })
