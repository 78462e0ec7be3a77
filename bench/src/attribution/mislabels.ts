import type { Table } from '../table'
import type { GroundTruth } from './arrays'
import { barred, rounded } from './bar'
import { knnShapley } from './baselines'
import { digitsJob, mlpCheckpoints } from './digits'
import { areaUnderCurve } from './rank'
import { scoreAsUser } from './scoreAsUser'
import { column, type Matrix } from './scorer'

/** Finding the 10 % of labels that were flipped. */
export async function mislabels(truth: GroundTruth): Promise<Table> {
  const flipped = await truth.numbers('noise/flipped')
  const noisy = truth.file('noise/y_noisy.npy')
  const { matrix, method } = await scoreAsUser(
    digitsJob(truth, {
      question: 'self',
      model: truth.file('digits-mlp/model_full0.onnx'),
      checkpoints: mlpCheckpoints(truth.file('noise/ckpt_traj10.npy')),
      train: { inputs: truth.file('digits_Xtr.npy'), targets: noisy },
    }),
  )
  const shapley = knnShapley(
    await truth.matrix('digits_Xtr'),
    await truth.numbers('noise/y_noisy'),
    await truth.matrix('digits_Xva'),
    await truth.numbers('digits_yva'),
  )
  const { row, missed } = barred(
    { method: `auto: ${method}`, AUC: rounded(areaUnderCurve(column(matrix(''), 0), flipped)) },
    { AUC: 0.997 },
  )
  const knn = areaUnderCurve(
    rowMeans(shapley).map(value => -value),
    flipped,
  )
  return {
    title: 'mislabels: 100 of 1,000 labels flipped',
    rows: [{ method: 'KNN-Shapley', AUC: rounded(knn) }, row],
    missed,
  }
}

function rowMeans(scores: Matrix): Float64Array {
  return Float64Array.from({ length: scores.rows }, (_, row) => {
    let sum = 0
    for (let c = 0; c < scores.columns; c++) sum += scores.data[row * scores.columns + c]!
    return sum / scores.columns
  })
}
