import {
  readArrays,
  type Model,
  type NpyArray,
  type PassGraph,
  type Samples,
  type Tensor,
  type ValueInfo,
} from '@open-datanets/onnx-engine'
import { fileDigest, readArray, shapeText, splitName, type NamedDigest } from './arrayFile'
import type { ScoreJob } from './document'
import type { JobFaults } from './faults'
import { nextTokens } from './nextTokens'
import type { JobFile } from './readJob'
import { finiteNumbers, inputTensor, wholeNumbers, type Reading } from './tensors'

export interface LoadedSamples extends Samples {
  readonly files: readonly NamedDigest[]
  /** For causal-lm: the token ids of every row, as the file has them. */
  readonly tokens?: readonly Int32Array[]
}

/**
 * The rows to score, or the queries: inputs by the name of the model's inputs, and targets in the form of the task.
 * Faults of all files are recorded; undefined when there are any.
 */
export async function readSamples(
  file: JobFile,
  part: 'train' | 'query',
  model: Model,
  graph: PassGraph,
  faults: JobFaults,
  notes: string[],
): Promise<LoadedSamples | undefined> {
  const { job, pathOf } = file
  const given = job[part]!
  const files: NamedDigest[] = []
  const note = async (name: string, path: string): Promise<void> => {
    files.push({ name, digest: await fileDigest(path) })
  }
  const arrays = await inputArrays(file, part, model, faults, note)
  if (!arrays) return undefined
  const reading = (name: string): Reading => ({ name, faults, notes })

  const shifted = job.task === 'causal-lm' && given.targets === undefined
  const tokens = job.task === 'causal-lm' ? tokensOf(arrays, model, reading(`${part}.inputs`)) : undefined
  if (job.task === 'causal-lm' && !tokens) return undefined
  const next = shifted
    ? nextTokens(tokens!.rows, tokens!.width, tokens!.info.dims[1], job.ignoreIndex)
    : undefined
  if (next) arrays.set(tokens!.info.name, next.inputs)

  const inputs = new Map<string, Tensor>()
  for (const info of model.graph.inputs) {
    const array = arrays.get(info.name)!
    const tensor = inputTensor(
      array,
      info,
      reading(`${part}.inputs${arrays.size > 1 ? `.${info.name}` : ''}`),
    )
    if (tensor) inputs.set(info.name, tensor)
  }
  const [first] = arrays.values()
  const count = first?.shape[0] ?? 0
  if (count === 0) faults.add(`${part}.inputs`, '0 rows', '1 row or more')
  for (const [name, { shape }] of arrays)
    if (shape[0] !== count)
      faults.add(`${part}.inputs.${name}`, `${shape[0]} rows`, `${count}, as the other inputs have`)

  let targets = next?.targets
  if (given.targets !== undefined) {
    const { path, entry } = splitName(pathOf(given.targets))
    targets = await faults.reading(`${part}.targets`, async () => {
      const array = await readArray(`${part}.targets`, path, entry)
      await note(`${part}.targets`, path)
      return targetTensor(array, count, job, graph, reading(`${part}.targets`))
    })
  }
  if (inputs.size < model.graph.inputs.length || !targets) return undefined
  return { inputs, targets, count, files, ...(tokens && { tokens: tokens.rows }) }
}

async function inputArrays(
  { job, pathOf }: JobFile,
  part: 'train' | 'query',
  model: Model,
  faults: JobFaults,
  note: (name: string, path: string) => Promise<void>,
): Promise<Map<string, NpyArray> | undefined> {
  const wanted = model.graph.inputs.map(info => info.name)
  const name = `${part}.inputs`
  const given = job[part]!.inputs
  const arrays = new Map<string, NpyArray>()
  const before = faults.found.length
  if (typeof given === 'string') {
    const { path, entry } = splitName(pathOf(given))
    const read = await faults.reading(name, () => readArrays(path))
    if (!read) return undefined
    await note(name, path)
    const only = entry === undefined ? (read.size === 1 ? [...read.values()][0] : undefined) : read.get(entry)
    if (only && wanted.length === 1) arrays.set(wanted[0]!, only)
    else for (const [key, array] of read) if (wanted.includes(key)) arrays.set(key, array)
  } else {
    for (const [key, value] of Object.entries(given)) {
      if (!wanted.includes(key)) {
        faults.add(`${name}.${key}`, 'no input of the model', `one of ${wanted.join(', ')}`)
        continue
      }
      const { path, entry } = splitName(pathOf(value))
      const array = await faults.reading(`${name}.${key}`, async () => {
        const read = await readArray(`${name}.${key}`, path, entry)
        await note(`${name}.${key}`, path)
        return read
      })
      if (array) arrays.set(key, array)
    }
  }
  if (faults.found.length > before) return undefined
  const missing = wanted.filter(key => !arrays.has(key))
  if (missing.length === 0) return arrays
  faults.add(
    name,
    `nothing for ${missing.join(', ')}`,
    `an array for each input of the model: ${wanted.join(', ')}`,
  )
  return undefined
}

interface Tokens {
  readonly info: ValueInfo
  readonly width: number
  readonly rows: Int32Array[]
}

function tokensOf(arrays: ReadonlyMap<string, NpyArray>, model: Model, reading: Reading): Tokens | undefined {
  const integers = model.graph.inputs.filter(({ dtype }) => dtype === 'int64' || dtype === 'int32')
  const info = integers.find(({ name }) => /token|input_ids|^ids$|^x$/.test(name)) ?? integers[0]
  const array = info && arrays.get(info.name)
  if (!array || array.shape.length !== 2) {
    const got = info ? shapeText(array?.shape ?? []) : 'a model without an input of integers'
    reading.faults.add(reading.name, got, 'token ids [samples, positions]')
    return undefined
  }
  const flat = wholeNumbers(array, reading)
  if (!flat) return undefined
  const [count = 0, width = 0] = array.shape
  const rows = Array.from({ length: count }, (_, i) => flat.subarray(i * width, (i + 1) * width))
  return { info: info!, width, rows }
}

function targetTensor(
  array: NpyArray,
  count: number,
  job: ScoreJob,
  { classes, output }: PassGraph,
  reading: Reading,
): Tensor | undefined {
  const { name, faults, notes } = reading
  if ((array.shape[0] ?? 0) !== count) {
    faults.add(name, `${array.shape[0] ?? 'no'} rows`, `${count}, as many as inputs`)
    return undefined
  }
  const dims = targetDims(array.shape, job, output, reading)
  if (!dims) return undefined
  if (job.task === 'regression' || job.task === 'binary') {
    const data = finiteNumbers(array, reading)
    const outside = job.task === 'binary' && data ? data.findIndex(y => y < 0 || y > 1) : -1
    if (outside >= 0) faults.add(name, `${data![outside]} at position ${outside}`, 'numbers from 0 to 1')
    return data && outside < 0 ? { dtype: 'float32', dims, data } : undefined
  }
  const labels = wholeNumbers(array, reading)
  if (!labels) return undefined
  if (array.dtype.startsWith('float')) notes.push(`${name}: ${array.dtype} labels were read as integers`)
  const outside = labels.findIndex(
    label => label !== job.ignoreIndex && (label < 0 || (classes !== undefined && label >= classes)),
  )
  if (outside >= 0) {
    const range =
      classes === undefined ? 'labels from 0' : `labels from 0 to ${classes - 1}, the classes of the model`
    faults.add(name, `label ${labels[outside]} at position ${outside}`, range)
    return undefined
  }
  return { dtype: 'int64', dims, data: BigInt64Array.from(labels, BigInt) }
}

/**
 * The sizes of targets as the model's output wants them: classes are numbers, all else is as the output. A column of
 * numbers, as [n, 1] from a data frame, is a vector, and a vector a column.
 */
function targetDims(
  shape: readonly number[],
  { task }: ScoreJob,
  output: ValueInfo,
  { name, faults }: Reading,
): readonly number[] | undefined {
  const isLabel = task === 'classification' || task === 'causal-lm'
  const wanted = isLabel ? output.dims.slice(1, -1) : output.dims.slice(1)
  const [count = 0, ...own] = shape
  const fits =
    wanted.length === own.length && wanted.every((dim, i) => typeof dim === 'string' || dim === own[i])
  // An output of unknown rank is left to the engine.
  if (fits || output.dims.length === 0) return shape
  const single = (dims: readonly (number | string)[]): boolean => dims.every(dim => dim === 1)
  if (single(wanted) && single(own)) return [count, ...wanted.map(Number)]
  const oneHot = isLabel && own.at(-1) === output.dims.at(-1)
  const expected = `${shapeText([count, ...wanted])}, ${isLabel ? 'class numbers' : 'as many'}`
  const of = `output "${output.name}" ${shapeText(output.dims)}`
  const advice = oneHot ? '; from one-hot rows: y.argmax(-1)' : ''
  faults.add(name, shapeText(shape), `${expected} for ${of}${advice}`)
  return undefined
}
