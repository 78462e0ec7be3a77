import { OnnxEngineError } from '../errors'
import type { Loss } from '../differentiate/options'
import { readArrays } from '../files/arrays'
import type { NpyArray } from '../npy/npyArray'
import type { Tensor } from '../model/types'

const losses = {
  'cross-entropy': 'cross-entropy',
  'mean-squared-error': 'mean-squared-error',
  mse: 'mean-squared-error',
  'binary-cross-entropy': 'binary-cross-entropy',
  bce: 'binary-cross-entropy',
} as const

export const LOSSES = 'cross-entropy, mean-squared-error (mse) or binary-cross-entropy (bce)'

const fault = (what: string, got: string, expected: string): OnnxEngineError =>
  new OnnxEngineError('INVALID_ARGUMENT', { what, got, expected })

export function lossOf(name: string, ignoreIndex: string | undefined): Loss {
  const kind = Object.hasOwn(losses, name) ? losses[name as keyof typeof losses] : undefined
  if (!kind) throw fault('--loss', name, LOSSES)
  if (ignoreIndex === undefined) return { kind }
  if (kind !== 'cross-entropy')
    throw fault('--ignore-index', ignoreIndex, `no such option with --loss ${name}`)
  return { kind, ignoreIndex: wholeOf('--ignore-index', ignoreIndex, -(2 ** 31)) }
}

export function wholeOf(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && text.trim() !== '') return value
  throw fault(name, text, `a whole number${least < 0 ? '' : `, ${least} or more`}`)
}

export function namesOf(text: string): 'both' | 'model' {
  if (text === 'both' || text === 'model') return text
  throw fault('--names', text, 'both or model')
}

const providers = ['cpu', 'cuda', 'webgpu'] as const

export function providersOf(text: string): ('cpu' | 'cuda' | 'webgpu')[] {
  return text.split(',').map(name => {
    const known = providers.find(provider => provider === name.trim())
    if (!known) throw fault('--provider', name, `some of ${providers.join(', ')}, in order of preference`)
    return known
  })
}

/** An array of an NPY file as a tensor; float16 is widened. */
export function tensorOf({ shape, dtype, data }: NpyArray): Tensor {
  return { dtype: dtype === 'float16' ? 'float32' : dtype, dims: shape, data }
}

/** The inputs of a model from an NPY file (under '') or an NPZ file (by name). */
export async function readInputs(path: string): Promise<Map<string, Tensor>> {
  return new Map([...(await readArrays(path))].map(([name, array]) => [name, tensorOf(array)]))
}

export async function readTargets(path: string): Promise<Tensor> {
  const arrays = [...(await readArrays(path)).values()]
  if (arrays.length !== 1) throw fault(`--targets ${path}`, `${arrays.length} arrays`, 'one array')
  return tensorOf(arrays[0]!)
}

/** The number of samples, which all arrays begin with. */
export function countOf(
  inputs: ReadonlyMap<string, Tensor>,
  targets: Tensor | undefined,
  paths: { readonly inputs?: string; readonly targets?: string },
): number {
  const arrays = [...inputs].map(([name, { dims }]) => ({
    what: `--inputs ${paths.inputs} ${name}`.trim(),
    dims,
  }))
  if (targets) arrays.push({ what: `--targets ${paths.targets}`, dims: targets.dims })
  const count = arrays[0]?.dims[0]
  if (count === undefined)
    throw fault(`--inputs ${paths.inputs}`, 'no array of one axis or more', 'samples on the first axis')
  if (count === 0) throw fault(arrays[0]!.what, `[${arrays[0]!.dims.join(',')}]`, 'one sample or more')
  const odd = arrays.find(({ dims }) => dims[0] !== count)
  if (odd)
    throw fault(
      odd.what,
      `[${odd.dims.join(',')}]`,
      `${count} samples on the first axis, as ${arrays[0]!.what}`,
    )
  return count
}
