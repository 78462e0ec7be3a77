import { access } from 'node:fs/promises'
import {
  readModelFile,
  type Model,
  type NpyArray,
  type PassParameter,
  type Tensor,
} from '@open-datanets/onnx-engine'
import type { Digest } from '../domain'
import { fileDigest, shapeText } from './arrayFile'
import type { ScoreJob } from './document'
import { invalidJob, isEngineFault, type JobFaults } from './faults'
import { layoutSize, matchLayout, readLayout, unflatten, type Match } from './layout'
import { NpyRows } from './npyRows'
import type { JobFile } from './readJob'
import { firstNotFinite } from './tensors'

export interface Checkpoint {
  /** its place in the source */
  readonly index: number
  /** what it is called in reports: "run 2, step 3" or a file name */
  readonly name: string
  readonly digest: Digest
  /** By initializer of the model, in its types and sizes; what is missing is as in the model. */
  readonly weights: ReadonlyMap<string, Tensor>
}

/** Checkpoints that are read when they are asked for, one at a time: there may be more than fit into memory. */
export interface CheckpointSource {
  readonly runs: number
  /** checkpoints of each run, in the order of training; a plain list is one run */
  readonly steps: readonly number[]
  readonly count: number
  load(index: number): Promise<Checkpoint>
  close(): Promise<void>
}

/** @param parameters of the model, which every checkpoint has to give
 * @returns undefined when faults were recorded */
export async function openCheckpoints(
  file: JobFile,
  model: Model,
  parameters: readonly PassParameter[],
  faults: JobFaults,
): Promise<CheckpointSource | undefined> {
  const { checkpoints } = file.job
  if (checkpoints === undefined) return ofModel(file, model)
  if (Array.isArray(checkpoints))
    return faults.reading('checkpoints', () => ofFiles(file, checkpoints, model))
  return faults.reading('checkpoints', () => ofRows(file, checkpoints, model, parameters))
}

async function ofModel({ job, pathOf }: JobFile, model: Model): Promise<CheckpointSource> {
  const digest = await fileDigest(pathOf(job.model))
  const only = { index: 0, name: job.model, digest, weights: floatsOf(model) }
  return { runs: 1, steps: [1], count: 1, load: async () => only, close: async () => undefined }
}

async function ofFiles(
  { pathOf }: JobFile,
  given: readonly string[] | readonly (readonly string[])[],
  model: Model,
): Promise<CheckpointSource> {
  const runs =
    typeof given[0] === 'string' ? [given as readonly string[]] : (given as readonly (readonly string[])[])
  const names = runs.flat()
  await checkThere(names, pathOf)
  return {
    runs: runs.length,
    steps: runs.map(steps => steps.length),
    count: names.length,
    load: async index => {
      const path = pathOf(names[index]!)
      const name = `checkpoint ${names[index]!}`
      return { index, name, digest: await fileDigest(path), weights: await weightsOf(name, path, model) }
    },
    close: async () => undefined,
  }
}

/** Each is read when its turn comes: what is not there is said before the first is scored. */
async function checkThere(names: readonly string[], pathOf: (name: string) => string): Promise<void> {
  const checked = await Promise.all(
    names.map(name =>
      access(pathOf(name)).then(
        () => [],
        (error: NodeJS.ErrnoException) => [
          {
            name: `checkpoint ${name}`,
            got: `a file that cannot be read (${error.code ?? error.message})`,
            expected: 'an ONNX file, as a path relative to the job',
          },
        ],
      ),
    ),
  )
  if (checked.flat().length > 0) throw invalidJob(checked.flat())
}

async function weightsOf(name: string, path: string, model: Model): Promise<Map<string, Tensor>> {
  const own = floatsOf(model)
  const read = await readModelFile(path).catch((error: unknown) => {
    if (!isEngineFault(error)) throw error
    throw invalidJob([{ name, got: error.message, expected: 'an ONNX file' }])
  })
  const weights = floatsOf(read)
  const faults = [...own].flatMap(([key, { dims }]) => {
    const other = weights.get(key)
    if (!other) return [{ name, got: `no initializer "${key}"`, expected: 'every parameter of the model' }]
    if (String(other.dims) === String(dims)) return []
    return [
      { name, got: `"${key}" ${shapeText(other.dims)}`, expected: `${shapeText(dims)}, as in the model` },
    ]
  })
  if (faults.length > 0) throw invalidJob(faults)
  for (const [key, tensor] of weights) checkFinite(name, key, tensor)
  return new Map([...weights].filter(([key]) => own.has(key)))
}

type Flattened = Extract<NonNullable<ScoreJob['checkpoints']>, { parameters: string }>

async function ofRows(
  { pathOf }: JobFile,
  given: Flattened,
  model: Model,
  parameters: readonly PassParameter[],
): Promise<CheckpointSource> {
  const name = 'checkpoints.parameters'
  const slots = await readLayout(typeof given.layout === 'string' ? pathOf(given.layout) : given.layout)
  const rows = await NpyRows.open(name, pathOf(given.parameters))
  try {
    const { shape, count, width } = rows
    if (shape.length > 3)
      throw invalidJob([{ name, got: shapeText(shape), expected: '[checkpoints, P] or [runs, steps, P]' }])
    if (width !== layoutSize(slots)) {
      const names = slots.map(slot => `${slot.name} ${slot.size}`).join(', ')
      throw invalidJob([
        {
          name,
          got: `rows of ${width} numbers`,
          expected: `${layoutSize(slots)}, as the layout says: ${names}`,
        },
      ])
    }
    const matches = await matchLayout(slots, model, async function* () {
      for (let index = 0; index < count; index++) yield numbersOf((await rows.read(index)).row)
    })
    checkWhole(matches, parameters)
    const [runs, steps] = shape.length === 3 ? [shape[0]!, shape[1]!] : [1, count]
    return {
      runs,
      steps: new Array<number>(runs).fill(steps),
      count,
      load: async index => {
        const called =
          shape.length === 3
            ? `run ${Math.floor(index / steps)}, step ${index % steps}`
            : `checkpoint ${index}`
        const { row, digest } = await rows.read(index)
        checkRow(called, row, matches)
        const held = model.graph.initializers
        const weights = matches.map(
          match =>
            [match.initializer, unflatten(numbersOf(row), match, held.get(match.initializer)!)] as const,
        )
        return { index, name: called, digest, weights: new Map(weights) }
      },
      close: () => rows.close(),
    }
  } catch (error) {
    await rows.close()
    throw error
  }
}

/** A parameter that no layout names would silently stay as it is in the ONNX file. */
function checkWhole(matches: readonly Match[], parameters: readonly PassParameter[]): void {
  const named = new Set(matches.map(({ initializer }) => initializer))
  const missing = parameters.filter(({ name }) => !named.has(name))
  if (missing.length === 0) return
  const got = missing.map(({ name, dims }) => `nothing for "${name}" ${shapeText(dims)}`).join(', ')
  throw invalidJob([{ name: 'checkpoints.layout', got, expected: 'every parameter of the model' }])
}

function checkRow(name: string, row: NpyArray, matches: readonly Match[]): void {
  const bad = firstNotFinite(row)
  if (bad === undefined) return
  const match = matches.find(({ slot }) => bad >= slot.offset && bad < slot.offset + slot.size)
  const where = match ? `in "${match.slot.name}"` : `at position ${bad}`
  throw invalidJob([{ name, got: `${Number(row.data[bad])} ${where}`, expected: 'finite weights' }])
}

function checkFinite(name: string, key: string, { data }: Tensor): void {
  const bad = (data as Float32Array).find(value => !Number.isFinite(value))
  if (bad !== undefined) throw invalidJob([{ name, got: `${bad} in "${key}"`, expected: 'finite weights' }])
}

function numbersOf({ data }: NpyArray): ArrayLike<number> {
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float64Array.from(data, Number)
    : data
}

export function floatsOf({ graph }: Model): Map<string, Tensor> {
  return new Map(
    [...graph.initializers].filter(([, { dtype }]) => dtype === 'float32' || dtype === 'float64'),
  )
}
