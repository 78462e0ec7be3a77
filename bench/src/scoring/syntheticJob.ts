import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  counterBytes,
  GraphBuilder,
  writeArray,
  writeModelFile,
  type CounterStream,
  type Tensor,
} from '@open-datanets/onnx-engine'

/** Inner widths and classes: with features of 16 x 16 a layer, and 16 x 4 of the last, a sample has 832. */
const WIDTHS = [64, 64, 32, 32, 4] as const
export const FEATURE_DIMS = 832
const QUERIES = 200
const GROUPS = 20

/** Writes an untrained network, random samples and the job that asks for their value. @returns the job's file */
export async function writeSyntheticJob(folder: string, samples: number): Promise<string> {
  await mkdir(folder, { recursive: true })
  const stream = counterBytes('bench scoring', String(samples))
  await writeModelFile(join(folder, 'model.onnx'), network(stream))
  for (const [name, rows] of [
    ['train', samples],
    ['query', QUERIES],
  ] as const) {
    const inputs = uniforms(stream, rows * WIDTHS[0], 1)
    const labels = Int32Array.from({ length: rows }, () => Math.floor(WIDTHS[4] * stream.uniform()))
    await writeArray(join(folder, `${name}.x.npy`), {
      shape: [rows, WIDTHS[0]],
      dtype: 'float32',
      data: inputs,
    })
    await writeArray(join(folder, `${name}.y.npy`), { shape: [rows], dtype: 'int32', data: labels })
  }
  const owners = Int32Array.from({ length: samples }, (_, i) => i % GROUPS)
  await writeArray(join(folder, 'owners.npy'), { shape: [samples], dtype: 'int32', data: owners })
  const path = join(folder, 'job.json')
  const job = {
    format: 'open-datanets/score-job',
    version: 1,
    task: 'classification',
    question: 'value',
    method: 'logra',
    model: 'model.onnx',
    train: { inputs: 'train.x.npy', targets: 'train.y.npy' },
    query: { inputs: 'query.x.npy', targets: 'query.y.npy' },
    groups: 'owners.npy',
    features: 'features',
    memory: '2GB',
  }
  await writeFile(path, JSON.stringify(job))
  return path
}

function network(stream: CounterStream) {
  const builder = new GraphBuilder('network')
  let x = builder.input('x', 'float32', ['batch', WIDTHS[0]])
  for (let i = 1; i < WIDTHS.length; i++) {
    const [from, to] = [WIDTHS[i - 1]!, WIDTHS[i]!]
    const weight = builder.initializer(`layer${i}.weight`, matrix(stream, from, to))
    const bias = builder.initializer(`layer${i}.bias`, {
      dtype: 'float32',
      dims: [to],
      data: new Float32Array(to),
    })
    x = builder.add(builder.matMul(x, weight), bias)
    if (i < WIDTHS.length - 1) x = builder.op('Relu', [x])
  }
  builder.output(x, 'logits')
  return builder.model()
}

function matrix(stream: CounterStream, from: number, to: number): Tensor {
  return { dtype: 'float32', dims: [from, to], data: uniforms(stream, from * to, Math.sqrt(6 / from)) }
}

function uniforms(stream: CounterStream, length: number, size: number): Float32Array {
  return Float32Array.from({ length }, () => size * (2 * stream.uniform() - 1))
}
