import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { decodeNpy } from '@open-datanets/onnx-engine'

const BESIDE_THE_PROJECT = path.join(__dirname, '../../../../../shared/data')
const FOLDER = path.join(process.env['OPEN_DATANETS_DATA'] ?? BESIDE_THE_PROJECT, 'attribution/tinylm')

/** A small language model's texts, and what models that were trained on subsets of them lost on each query. */
export interface Tinylm {
  readonly train: number[][]
  readonly query: number[][]
  /** [subsets][n_train]: whether the row was trained on */
  readonly masks: boolean[][]
  /** [subsets][n_query] */
  readonly losses: number[][]
}

/** Undefined where the data is absent, which in CI is a failure. */
export function readTinylm(): Tinylm | undefined {
  if (!existsSync(FOLDER)) {
    if (process.env['CI']) throw new Error(`the ground truth of tinylm is missing at ${FOLDER}`)
    return undefined
  }
  const train = rowsOf('train_tokens')
  const masks = rowsOf('lds_mask').map(bytes =>
    train.map((_, i) => ((bytes[i >> 3]! >> (7 - (i & 7))) & 1) === 1),
  )
  return { train, query: rowsOf('test_tokens'), masks, losses: rowsOf('lds_loss') }
}

function rowsOf(name: string): number[][] {
  const { shape, data } = decodeNpy(readFileSync(path.join(FOLDER, `${name}.npy`)))
  const width = shape[1]!
  return Array.from({ length: shape[0]! }, (_, row) =>
    Array.from(data.subarray(row * width, (row + 1) * width), Number),
  )
}

/** The linear datamodelling score: mean over queries of Spearman(Σ scores of the rows trained on, -loss). */
export function lds(scores: { columns: number; data: Float64Array }, { masks, losses }: Tinylm): number {
  let sum = 0
  for (let column = 0; column < scores.columns; column++) {
    const predicted = masks.map(mask =>
      mask.reduce((total, kept, row) => total + (kept ? scores.data[row * scores.columns + column]! : 0), 0),
    )
    sum += correlation(ranks(predicted), ranks(losses.map(loss => -loss[column]!)))
  }
  return sum / scores.columns
}

/** Equal values share the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  return values.map(value => {
    const below = values.filter(other => other < value).length
    const equal = values.filter(other => other === value).length
    return below + equal / 2
  })
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((x, y) => x + y, 0) / values.length
  const [ma, mb] = [mean(a), mean(b)]
  const product = (x: readonly number[], mx: number, y: readonly number[], my: number): number =>
    x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0)
  const spread = Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb))
  return spread > 0 ? product(a, ma, b, mb) / spread : 0
}
