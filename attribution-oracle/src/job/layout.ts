import { readFile } from 'node:fs/promises'
import { elementCount, type Model, type Tensor } from '@open-datanets/onnx-engine'
import { shapeText } from './arrayFile'
import { layout as layoutSchema, type Layout } from './document'
import { invalidJob } from './faults'

/** One parameter of a flattened checkpoint. */
export interface Slot {
  readonly name: string
  readonly dims: readonly number[]
  /** of its first number in the row */
  readonly offset: number
  readonly size: number
  /** what the author of the job says where names do not tell */
  readonly mapped?: { readonly initializer: string; readonly transposed: boolean }
}

/** A parameter and the initializer that holds it, stored transposed by exporters that fold a Transpose away. */
export interface Match {
  readonly slot: Slot
  readonly initializer: string
  readonly transposed: boolean
}

/** @throws INVALID_JOB */
export async function readLayout(given: Layout | string): Promise<Slot[]> {
  const entries = typeof given === 'string' ? await layoutFile(given) : given
  let offset = 0
  return entries.map(([name, dims, mapped]) => {
    const size = elementCount(dims)
    const slot = { name, dims, offset, size, ...(mapped && { mapped }) }
    offset += size
    return slot
  })
}

export const layoutSize = (slots: readonly Slot[]): number => slots.reduce((sum, { size }) => sum + size, 0)

async function layoutFile(path: string): Promise<Layout> {
  const name = 'checkpoints.layout'
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined)
    throw invalidJob([{ name, got: `${path}, which cannot be read`, expected: 'a JSON file' }])
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw invalidJob([{ name, got: `${path}, which is no JSON`, expected: 'a list of ["name", [sizes]]' }])
  }
  const parsed = layoutSchema.safeParse(json)
  if (parsed.success) return parsed.data
  throw invalidJob(
    parsed.error.issues.map(issue => ({
      name: [name, ...issue.path.map(String)].join('.'),
      got: `another form in ${path}`,
      expected: issue.message,
    })),
  )
}

/**
 * Which initializer holds each parameter: as the job says, else the one with its name, else the one with its values.
 * PyTorch's counters of batches (`num_batches_tracked`) hold nothing that a model computes with and are passed over.
 * @param rows flattened checkpoints, of which one may be what the ONNX file holds; drawn only when names do not suffice
 * @throws INVALID_JOB naming each parameter without an initializer, with the line that maps it
 */
export async function matchLayout(
  given: readonly Slot[],
  model: Model,
  rows: () => AsyncIterable<ArrayLike<number>>,
): Promise<Match[]> {
  const { initializers } = model.graph
  const slots = given.filter(({ name }) => !/(^|\.)num_batches_tracked$/.test(name))
  const faults: { name: string; got: string; expected: string }[] = []
  const fault = (slot: Slot, got: string, expected: string): void => {
    faults.push({ name: `checkpoints.layout "${slot.name}"`, got, expected })
  }
  const found = new Map<Slot, Match>()
  const used = new Set<string>()
  const take = (match: Match): void => {
    found.set(match.slot, match)
    used.add(match.initializer)
  }
  for (const slot of slots) {
    const name = slot.mapped?.initializer ?? nameIn(initializers, slot.name)
    if (name === undefined) continue
    const held = initializers.get(name)
    if (!held) {
      fault(
        slot,
        `no initializer "${name}" in the model`,
        `one of ${[...initializers.keys()].slice(0, 40).join(', ')}`,
      )
      continue
    }
    const transposed = slot.mapped?.transposed ?? !sameDims(held.dims, slot.dims)
    if (fits(held, slot, transposed)) take({ slot, initializer: name, transposed })
    else fault(slot, shapeText(slot.dims), `${shapeText(held.dims)}, the sizes of "${name}" in the model`)
  }
  let open = slots.filter(slot => !found.has(slot))
  if (faults.length === 0 && open.length > 0) {
    for await (const row of rows()) {
      if (![...found.values()].every(match => holds(initializers.get(match.initializer)!, row, match)))
        continue
      for (const slot of open) {
        const matches = [...initializers.keys()]
          .filter(name => !used.has(name))
          .flatMap(initializer => [false, true].map(transposed => ({ slot, initializer, transposed })))
          .filter(match => fits(initializers.get(match.initializer)!, slot, match.transposed))
          .filter(match => holds(initializers.get(match.initializer)!, row, match))
        if (new Set(matches.map(({ initializer }) => initializer)).size === 1) take(matches[0]!)
      }
      open = slots.filter(slot => !found.has(slot))
      if (open.length === 0) break
    }
    if (open.some(({ name }) => /(^|\.)running_(mean|var)$/.test(name))) throw foldedNormalisation(open)
    for (const slot of open) {
      const candidates = [...initializers].filter(
        ([name, held]) => !used.has(name) && (fits(held, slot, false) || fits(held, slot, true)),
      )
      const names = candidates.map(([name]) => name).join(', ') || 'none of its sizes is left'
      fault(
        slot,
        'no initializer of this name, and no checkpoint with the values of the ONNX file to find it by',
        `a mapping ["${slot.name}",${JSON.stringify(slot.dims)},{"initializer":"...","transposed":true}] to one of: ${names}`,
      )
    }
  }
  if (faults.length > 0) throw invalidJob(faults)
  return slots.map(slot => found.get(slot)!)
}

/** Exporters of models in eval mode multiply a BatchNorm into the convolution before it: neither is there any more. */
function foldedNormalisation(open: readonly Slot[]): Error {
  return invalidJob([
    {
      name: 'checkpoints.layout',
      got: `no initializers for ${open.map(({ name }) => `"${name}"`).join(', ')}: the exporter folded BatchNorm into other layers`,
      expected:
        'a model exported with training=torch.onnx.TrainingMode.PRESERVE, which keeps BatchNorm apart, or one ONNX file per checkpoint',
    },
  ])
}

/** The initializer's values of a parameter, in the initializer's own order. */
export function unflatten(row: ArrayLike<number>, { slot, transposed }: Match, held: Tensor): Tensor {
  const data = held.dtype === 'float64' ? new Float64Array(slot.size) : new Float32Array(slot.size)
  const [outer = 1, inner = 1] = slot.dims
  if (!transposed) for (let i = 0; i < slot.size; i++) data[i] = row[slot.offset + i]!
  else
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) data[i * outer + o] = row[slot.offset + o * inner + i]!
  return { dtype: held.dtype, dims: held.dims, data }
}

/** By its own name, else by the only name that ends in it after a dot (a model inside of a wrapper). */
function nameIn(initializers: ReadonlyMap<string, Tensor>, name: string): string | undefined {
  if (initializers.has(name)) return name
  const endings = [...initializers.keys()].filter(key => key.endsWith(`.${name}`))
  return endings.length === 1 ? endings[0] : undefined
}

const sameDims = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i])

function fits(held: Tensor, { dims }: Slot, transposed: boolean): boolean {
  if (held.dtype !== 'float32' && held.dtype !== 'float64') return false
  return transposed
    ? dims.length === 2 && sameDims(held.dims, [dims[1]!, dims[0]!])
    : sameDims(held.dims, dims)
}

function holds(held: Tensor, row: ArrayLike<number>, match: Match): boolean {
  const values = unflatten(row, match, held).data as Float32Array
  const data = held.data as Float32Array
  return values.every((value, i) => Math.abs(value - data[i]!) <= 1e-6 * Math.max(1e-3, Math.abs(data[i]!)))
}
