import { OnnxEngineError } from '../errors'
import { dtypes, isFloat } from '../model/dtypes'
import { elementCount } from '../model/tensor'
import type { Dim, Tensor, TensorData, ValueInfo } from '../model/types'
import type { PassGraph } from './graph/passGraph'
import type { Samples } from './options'

/** Samples in the types and the order of a graph's inputs. */
export interface CheckedSamples {
  readonly count: number
  readonly inputs: readonly { readonly info: ValueInfo; readonly tensor: Tensor }[]
  /** In the graph's type. */
  readonly targets: Tensor
}

const fault = (what: string, got: string, expected: string): OnnxEngineError =>
  new OnnxEngineError('INVALID_ARGUMENT', { what, got, expected })

const shown = (dims: readonly Dim[]): string => `[${dims.join(',')}]`

/** @throws OnnxEngineError INVALID_ARGUMENT naming the input, what it is and what the model takes */
export function checkSamples(graph: PassGraph, { inputs, targets, count }: Samples): CheckedSamples {
  if (!Number.isInteger(count) || count < 0)
    throw fault('count of samples', `${count}`, 'a whole number, 0 or more')
  const names = graph.inputs.map(info => info.name)
  for (const name of inputs.keys())
    if (!names.includes(name) && !(name === '' && names.length === 1))
      throw fault('inputs', `"${name}"`, `the model's: ${names.join(', ')}`)
  const checked = graph.inputs.map(info => {
    const tensor = inputs.get(info.name) ?? (names.length === 1 ? inputs.get('') : undefined)
    if (!tensor) throw fault(`input "${info.name}"`, 'nothing', `${info.dtype} ${shown(info.dims)}`)
    return { info, tensor: checkedInput(info, tensor, count) }
  })
  return { count, inputs: checked, targets: checkedTargets(graph, targets, count) }
}

function checkedInput(info: ValueInfo, tensor: Tensor, count: number): Tensor {
  const { dims } = tensor
  const fits =
    dims.length === info.dims.length &&
    dims[0] === count &&
    info.dims.every((dim, i) => i === 0 || typeof dim === 'string' || dim === dims[i])
  if (!fits)
    throw fault(
      `input "${info.name}"`,
      shown(dims),
      `${shown([count, ...info.dims.slice(1)])}, samples first`,
    )
  const what = `input "${info.name}"`
  const broken = isFloat(tensor.dtype) ? (tensor.data as Float32Array).findIndex(Number.isNaN) : -1
  if (broken >= 0) throw fault(what, `NaN ${placeOf(broken, tensor)}`, 'numbers')
  return converted(tensor, info.dtype, what)
}

const placeOf = (element: number, { dims, data }: Tensor): string =>
  `at element ${element}, in sample ${Math.floor((element * dims[0]!) / data.length)}`

/** Numbers in another type, where that loses nothing but rounding. */
function converted(tensor: Tensor, dtype: Tensor['dtype'], what: string): Tensor {
  if (tensor.dtype === dtype) return tensor
  if (isFloat(tensor.dtype) && !isFloat(dtype)) {
    const broken = (tensor.data as Float32Array).findIndex(value => !Number.isInteger(value))
    if (broken >= 0)
      throw fault(what, `${tensor.data[broken]} at element ${broken}`, `whole numbers (${dtype})`)
  }
  const { length } = tensor.data
  const data = dtypes[dtype].create(length)
  if (data instanceof BigInt64Array)
    for (let i = 0; i < length; i++) data[i] = BigInt(tensor.data[i] as number)
  else for (let i = 0; i < length; i++) data[i] = Number(tensor.data[i])
  return { dtype, dims: tensor.dims, data }
}

function checkedTargets(graph: PassGraph, targets: Tensor, count: number): Tensor {
  const each = graph.targets.dims.slice(1)
  const per = count === 0 ? 0 : elementCount(targets.dims) / count
  const static_ = each.every((dim): dim is number => typeof dim === 'number')
  const expected = static_ ? elementCount(each as number[]) : undefined
  if (
    targets.dims[0] !== count ||
    !Number.isInteger(per) ||
    (expected !== undefined && count > 0 && per !== expected)
  ) {
    const wanted = shown([count, ...(expected === 1 ? [] : each)])
    const [what, { name, dims }] = [graph.classes === undefined ? 'output' : 'position', graph.output]
    throw fault('targets', shown(targets.dims), `${wanted}, one per ${what} of "${name}" ${shown(dims)}`)
  }
  const exact = converted(targets, graph.targets.dtype, 'targets')
  if (graph.classes !== undefined) checkClasses(exact.data, graph.classes, graph.ignoreIndex)
  else checkNumbers(exact)
  return { ...exact, dims: [count, per] }
}

function checkNumbers(targets: Tensor): void {
  const broken = (targets.data as Float32Array).findIndex(value => !Number.isFinite(value))
  if (broken < 0) return
  throw fault('targets', `${targets.data[broken]} ${placeOf(broken, targets)}`, 'finite numbers')
}

function checkClasses(data: TensorData, classes: number, ignoreIndex: number): void {
  for (let i = 0; i < data.length; i++) {
    const target = Number(data[i])
    if (!(target >= 0 && target < classes) && target !== ignoreIndex)
      throw fault(
        'targets',
        `${target} at element ${i}`,
        `0 to ${classes - 1}, or ${ignoreIndex} where a position is not scored`,
      )
  }
}
