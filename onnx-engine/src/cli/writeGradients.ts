import { join } from 'node:path'
import { rowsOf } from '../differentiate/batches'
import type { GradientPass } from '../differentiate/gradientPass'
import { meanGradients } from '../differentiate/meanGradients'
import type { OriginalName } from '../differentiate/graph/originalNames'
import type { PassParameter } from '../differentiate/graph/prepared'
import { OnnxEngineError } from '../errors'
import type { Loss, PassOutput, Samples } from '../differentiate/options'
import { writeArray } from '../files/arrays'
import { replaceFiles } from '../files/fileSystem'
import { elementCount } from '../model/tensor'
import type { Tensor } from '../model/types'
import { fileNameOf } from './fileName'
import { GradientFiles } from './gradientFiles'

/** Gradients per sample in memory at a time. */
const PART_BYTES = 2 ** 27

export interface Written {
  readonly parameters: number
  /** Over samples, or over all scored positions. */
  readonly meanLoss: number
}

export interface WriteOptions {
  readonly loss: Loss
  readonly perSample: boolean
  /** Whether renamed parameters are written a second time, as PyTorch has them. */
  readonly originals: boolean
  readonly onProgress: (done: number) => void
}

/** Runs a pass over all samples and writes losses.npy, an NPY file per parameter, and index.json. */
export async function writeGradients(
  folder: string,
  pass: GradientPass,
  samples: Samples,
  o: WriteOptions,
): Promise<Written> {
  const { parameters } = pass
  const originals = o.originals ? pass.originals : new Map<string, OriginalName>()
  const written = [...parameters, ...originals.values()]
  const { count } = samples
  const losses = new Float64Array(count)
  const scored = new Int32Array(count)
  const files = await GradientFiles.create(folder, written, o.perSample ? [count] : [], pass.floats)
  try {
    for (const [from, to] of parts(written, count, o.perSample)) {
      const onProgress = (done: number): void => o.onProgress(from + done)
      const output = await pass.run(samplesOf(samples, from, to), { keepOutputs: false, onProgress })
      losses.set(output.loss, from)
      checkFinite(output.loss, from)
      scored.set(output.scored, from)
      const gradients = gradientsOf(output, o.perSample)
      await files.append(gradients)
      for (const [name, original] of originals)
        await files.append(new Map([[original.name, asOriginal(gradients.get(name)!, original)]]))
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
    parameters: written.slice(0, parameters.length).map(({ name, dims }, number) => ({
      ...{ name, dims, file: fileNameOf(name, number) },
      ...(originals.has(name) && { pytorch: indexed(originals.get(name)!, written) }),
    })),
  }
  const text = Buffer.from(`${JSON.stringify(index, undefined, 2)}\n`)
  await replaceFiles([{ path: join(folder, 'index.json'), pieces: [text] }])
  return { parameters: parameters.length, meanLoss: meanOf(losses, scored) }
}

function checkFinite(losses: PassOutput['loss'], from: number): void {
  const broken = losses.findIndex(loss => !Number.isFinite(loss))
  if (broken >= 0)
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: `loss of sample ${from + broken}`,
      got: `${losses[broken]}`,
      expected: 'a finite number; look for infinities among its inputs, and for weights that diverged',
    })
}

function indexed(original: OriginalName, written: readonly PassParameter[]): object {
  return { ...original, file: fileNameOf(original.name, written.indexOf(original)) }
}

/** The numbers of a gradient (or of several, one after the other) in PyTorch's order. */
function asOriginal({ data, ...rest }: Tensor, { dims, transposed }: OriginalName): Tensor {
  if (!transposed) return { ...rest, data }
  const [rows, columns] = dims as [number, number]
  const turned = (data as Float32Array).slice()
  for (let start = 0; start < turned.length; start += rows * columns)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        turned[start + row * columns + column] = (data as Float32Array)[start + column * rows + row]!
  return { ...rest, data: turned }
}

function parts(parameters: readonly PassParameter[], count: number, perSample: boolean): [number, number][] {
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
