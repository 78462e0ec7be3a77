import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  counterBytes,
  encodeModel,
  GraphBuilder,
  writeArray,
  type Model,
  type NpyArray,
  type Value,
} from '@open-datanets/onnx-engine'

export const WIDTH = 5
export const HIDDEN = 6
export const CLASSES = 3
export const PARAMETERS = WIDTH * HIDDEN + HIDDEN + HIDDEN * CLASSES + CLASSES
/** As PyTorch has it: [out, in]. */
export const LAYOUT = [
  ['fc1.weight', [HIDDEN, WIDTH]],
  ['fc1.bias', [HIDDEN]],
  ['fc2.weight', [CLASSES, HIDDEN]],
  ['fc2.bias', [CLASSES]],
] as const

export interface NetworkOptions {
  /** exporters fold the transpose of a Linear into onnx::MatMul_9 */
  readonly folded?: boolean
  readonly last?: (builder: GraphBuilder, x: Value) => Value
}

/** A row of flattened parameters. */
export function parametersOf(seed: string): Float32Array {
  const stream = counterBytes('small job', seed)
  return Float32Array.from({ length: PARAMETERS }, () => 2 * stream.uniform() - 1)
}

/** x [batch, 5] -> ReLU 6 -> logits [batch, 3] */
export function network(row: Float32Array, { folded = false, last }: NetworkOptions = {}): Model {
  const builder = new GraphBuilder('small')
  const sizes = [WIDTH * HIDDEN, HIDDEN, HIDDEN * CLASSES, CLASSES]
  const parts = sizes.map((size, i) => {
    const from = sizes.slice(0, i).reduce((sum, each) => sum + each, 0)
    return row.slice(from, from + size)
  })
  const linear = (x: Value, i: number, from: number, to: number): Value => {
    const name = folded ? `onnx::MatMul_${9 + i}` : `fc${i + 1}.weight`
    const data = folded ? transposed(parts[2 * i]!, to, from) : parts[2 * i]!
    const weight = builder.initializer(name, {
      dtype: 'float32',
      dims: folded ? [from, to] : [to, from],
      data,
    })
    const bias = builder.initializer(`fc${i + 1}.bias`, {
      dtype: 'float32',
      dims: [to],
      data: parts[2 * i + 1]!,
    })
    return builder.add(builder.matMul(x, folded ? weight : builder.transposeLast(weight)), bias)
  }
  const hidden = builder.op('Relu', [
    linear(builder.input('x', 'float32', ['batch', WIDTH]), 0, WIDTH, HIDDEN),
  ])
  const logits = linear(hidden, 1, HIDDEN, CLASSES)
  builder.output(last ? last(builder, logits) : logits, 'logits')
  return builder.model()
}

function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: data.length },
    (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!,
  )
}

export const floats = (shape: readonly number[], seed = 'x'): NpyArray => {
  const stream = counterBytes('small job data', seed)
  const length = shape.reduce((product, size) => product * size, 1)
  return { shape, dtype: 'float32', data: Float32Array.from({ length }, () => 2 * stream.uniform() - 1) }
}
export const integers = (values: readonly number[]): NpyArray => ({
  shape: [values.length],
  dtype: 'int64',
  data: BigInt64Array.from(values, BigInt),
})
export const labels = (count: number): NpyArray =>
  integers(Array.from({ length: count }, (_, i) => (7 * i) % CLASSES))

export const TRAIN = 24
export const QUERY = 4

/** A folder with a whole small job; tests replace single files and fields. */
export class SmallJob {
  private constructor(readonly folder: string) {}

  static async create(): Promise<SmallJob> {
    const small = new SmallJob(await mkdtemp(join(tmpdir(), 'job-')))
    await small.model(network(parametersOf('0')))
    await small.array('x', floats([TRAIN, WIDTH]))
    await small.array('y', labels(TRAIN))
    await small.array('xq', floats([QUERY, WIDTH], 'query'))
    await small.array('yq', labels(QUERY))
    return small
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  async model(model: Model, name = 'model.onnx'): Promise<void> {
    await writeFile(this.path(name), encodeModel(model))
  }

  async array(name: string, array: NpyArray): Promise<void> {
    await writeArray(this.path(`${name}.npy`), array)
  }

  /** Checkpoints as rows of flattened parameters. */
  async rows(shape: readonly number[], rows: readonly Float32Array[]): Promise<void> {
    const data = new Float32Array(rows.length * PARAMETERS)
    for (const [i, row] of rows.entries()) data.set(row, i * PARAMETERS)
    await this.array('ckpt', { shape: [...shape, PARAMETERS], dtype: 'float32', data })
  }

  /** Writes the job, with other fields where they are given. @returns its path */
  async write(fields: Record<string, unknown> = {}): Promise<string> {
    const job = {
      format: 'open-datanets/score-job',
      version: 1,
      task: 'classification',
      model: 'model.onnx',
      train: { inputs: 'x.npy', targets: 'y.npy' },
      query: { inputs: 'xq.npy', targets: 'yq.npy' },
      ...fields,
    }
    const path = this.path('job.json')
    await writeFile(path, JSON.stringify(job))
    return path
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true })
  }
}

/** A job of its own for every test. */
export function smallJob(): { job: SmallJob } {
  const held = {} as { job: SmallJob }
  beforeEach(async () => {
    held.job = await SmallJob.create()
  })
  afterEach(() => held.job.remove())
  return held
}
