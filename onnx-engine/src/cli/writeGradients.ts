import { join } from 'node:path'
import { rowsOf } from '../differentiate/batches'
import type { GradientPass } from '../differentiate/gradientPass'
import { meanGradients } from '../differentiate/meanGradients'
import type { Loss, PassOutput, Samples } from '../differentiate/options'
import { writeArray } from '../files/arrays'
import { replaceFiles } from '../files/fileSystem'
import { elementCount } from '../model/tensor'
import { fileNameOf } from './fileName'
import { GradientFiles } from './gradientFiles'

/** Gradients per sample in memory at a time. */
const PART_BYTES = 2 ** 27

export interface Written {
  readonly parameters: number
  /** Over samples, or over all scored positions. */
  readonly meanLoss: number
}

/** Runs a pass over all samples and writes losses.npy, an NPY file per parameter, and index.json. */
export async function writeGradients(
  folder: string,
  pass: GradientPass,
  samples: Samples,
  o: { readonly loss: Loss; readonly perSample: boolean; readonly onProgress: (done: number) => void },
): Promise<Written> {
  const { parameters } = pass
  const { count } = samples
  const losses = new Float64Array(count)
  const scored = new Int32Array(count)
  const files = await GradientFiles.create(folder, parameters, o.perSample ? [count] : [], pass.floats)
  try {
    for (const [from, to] of parts(pass, count, o.perSample)) {
      const onProgress = (done: number): void => o.onProgress(from + done)
      const output = await pass.run(samplesOf(samples, from, to), { keepOutputs: false, onProgress })
      losses.set(output.loss, from)
      scored.set(output.scored, from)
      await files.append(gradientsOf(output, o.perSample))
    }
  } catch (error) {
    await files.discard()
    throw error
  }
  await files.finish()
  await writeArray(join(folder, 'losses.npy'), { shape: [count], dtype: 'float64', data: losses })
  const index = {
    format: 'open-datanets/gradients',
    version: 1,
    loss: o.loss.kind,
    reduction: o.perSample ? 'per-sample' : 'mean',
    samples: count,
    parameters: parameters.map(({ name, dims }, number) => ({ name, dims, file: fileNameOf(name, number) })),
  }
  const text = Buffer.from(`${JSON.stringify(index, undefined, 2)}\n`)
  await replaceFiles([{ path: join(folder, 'index.json'), pieces: [text] }])
  return { parameters: parameters.length, meanLoss: meanOf(losses, scored) }
}

function parts({ parameters }: GradientPass, count: number, perSample: boolean): [number, number][] {
  const each = parameters.reduce((sum, { dims }) => sum + 4 * elementCount(dims), 0)
  const size = perSample ? Math.max(1, Math.floor(PART_BYTES / Math.max(1, each))) : Math.max(1, count)
  const found: [number, number][] = []
  for (let from = 0; from < Math.max(1, count); from += size) found.push([from, Math.min(count, from + size)])
  return found
}

function samplesOf(samples: Samples, from: number, to: number): Samples {
  if (from === 0 && to === samples.count) return samples
  return {
    inputs: new Map([...samples.inputs].map(([name, tensor]) => [name, rowsOf(tensor, from, to)])),
    targets: rowsOf(samples.targets, from, to),
    count: to - from,
  }
}

const gradientsOf = (output: PassOutput, perSample: boolean): NonNullable<PassOutput['gradients']> =>
  meanGradients(output, perSample).gradients!

function meanOf(losses: Float64Array, scored: Int32Array): number {
  const total = scored.reduce((sum, value) => sum + value, 0)
  return losses.reduce((sum, value, i) => sum + value * scored[i]!, 0) / Math.max(1, total)
}
