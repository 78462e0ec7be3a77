import type { Model, Tensor } from '../../../src/index'
import { GraphBuilder, gradients, numbersOf, tensor, toFloat64 } from '../../../src/index'
import type { Feeds } from '../../runModel'
import { openModel, runModel } from '../../runModel'
import { pseudoRandom } from '../pseudoRandom'
import type { OperatorCase } from './operatorCase'
import { doubled, modelOf } from './operatorCase'

/** Errors of one case, each relative to the size of what is compared. */
export interface OperatorErrors {
  /** Gradients of the float64 twin against central differences of it, along a random direction per input. */
  readonly differences: number
  /** The float64 twin of the float32 backward pass against the same. */
  readonly backwardTwin: number
  /** Result and gradients in float32, as fused as ONNX Runtime likes, against float64. */
  readonly float32: number
  /** Whether every shape that was inferred is the one that was computed. */
  readonly shapes: string[]
}

/** Small enough for the fourth power of it not to show, large enough for rounding not to. */
const STEP = 5e-4

function backward(model: Model, float: 'float32' | 'float64', wrt: readonly string[]): Model {
  const builder = GraphBuilder.from(model.graph, { float, opset: model.opset })
  const result = builder.value('result')
  const seed = builder.input('the seed', result.dtype, result.dims)
  const found = gradients(
    builder,
    result,
    wrt.map(name => builder.value(name)),
    seed,
  )
  found.forEach((gradient, i) => builder.output(gradient, `d ${wrt[i]}`))
  return builder.model()
}

export async function checkOperator(one: OperatorCase): Promise<OperatorErrors> {
  const model = modelOf(one)
  const wrt = Object.keys(one.inputs).filter(name => one.inputs[name]!.dtype === 'float32')
  const wide = Object.fromEntries(Object.entries(one.inputs).map(([name, t]) => [name, doubled(t)]))
  const twin = toFloat64(model)
  const session = await openModel(backward(twin, 'float64', wrt))
  try {
    const dims = await resultDims(twin, wide)
    const weights = doubled(weightsFor(dims))
    const fed = { ...wide, 'the seed': weights }
    const exact = await session.run(fed)
    const narrowed = backward(model, 'float32', wrt)
    const mirrored = await runModel(toFloat64(narrowed), fed)
    const lossAt = async (feeds: Feeds): Promise<number> => {
      const { result } = await session.run({ ...fed, ...feeds })
      return dot(numbersOf(result!), numbersOf(weights))
    }
    const size = dot(numbersOf(exact['result']!).map(Math.abs), numbersOf(weights).map(Math.abs))
    const errors = { differences: 0, backwardTwin: 0, float32: 0 }
    for (const [i, name] of wrt.entries()) {
      const direction = directionFor(wide[name]!.dims, i)
      const slope = await slopeAlong(lossAt, name, wide[name]!, direction, one.step ?? STEP)
      const compare = (gradient: Tensor): number => {
        const parts = numbersOf(gradient).map((value, at) => value * direction[at]!)
        const scale = Math.max(
          parts.reduce((sum, part) => sum + Math.abs(part), 0),
          1e-4 * size,
          1e-6,
        )
        return Math.abs(parts.reduce((a, b) => a + b, 0) - slope) / scale
      }
      errors.differences = Math.max(errors.differences, compare(exact[`d ${name}`]!))
      errors.backwardTwin = Math.max(errors.backwardTwin, compare(mirrored[`d ${name}`]!))
    }
    const shapes = wrongShapes(exact, wide, wrt)
    if (one.twinOnly) return { ...errors, shapes }
    const seed = { 'the seed': tensor('float32', dims, numbersOf(weights)) }
    const narrow = await runModel(narrowed, { ...one.inputs, ...seed }, 'all')
    for (const [name, t] of Object.entries(exact))
      errors.float32 = Math.max(errors.float32, relative(narrow[name]!, t))
    return { ...errors, shapes: [...shapes, ...staticMismatch(model, narrow['result']!)] }
  } finally {
    await session.close()
  }
}

async function resultDims(twin: Model, feeds: Feeds): Promise<readonly number[]> {
  const dims = twin.graph.outputs[0]!.dims
  if (dims.every(dim => typeof dim === 'number')) return dims
  return (await runModel(twin, feeds))['result']!.dims
}

/** Weights of which none is near to zero and none is like its neighbour. */
function weightsFor(dims: readonly number[]): Tensor {
  const count = dims.reduce((a, b) => a * b, 1)
  return tensor(
    'float32',
    dims,
    Array.from({ length: count }, (_, i) => Math.sin(1 + 2 * i) + Math.sign(Math.sin(1 + 2 * i)) * 0.2),
  )
}

function directionFor(dims: readonly number[], seed: number): number[] {
  const next = pseudoRandom(seed + 77)
  return Array.from(
    { length: dims.reduce((a, b) => a * b, 1) },
    () => (next() < 0.5 ? -1 : 1) * (0.5 + next() / 2),
  )
}

/** Richardson extrapolation of two central differences: the error falls with the fourth power of the step. */
async function slopeAlong(
  lossAt: (feeds: Feeds) => Promise<number>,
  name: string,
  at: Tensor,
  direction: readonly number[],
  step: number,
): Promise<number> {
  const values = numbersOf(at)
  const moved = (by: number): Feeds => ({
    [name]: tensor(
      'float64',
      at.dims,
      values.map((value, i) => value + by * direction[i]!),
    ),
  })
  const difference = async (h: number) => ((await lossAt(moved(h))) - (await lossAt(moved(-h)))) / (2 * h)
  return (4 * (await difference(step)) - (await difference(2 * step))) / 3
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0)

/** Of a gradient that vanishes float32 keeps the rounding of what cancels, which is of the size of the weights: 1. */
const CANCELLED = 0.05

function relative(found: Tensor, exact: Tensor): number {
  const values = numbersOf(exact)
  const largest = Math.max(...values.map(Math.abs), CANCELLED)
  return Math.max(...numbersOf(found).map((value, i) => Math.abs(value - values[i]!)), 0) / largest
}

const wrongShapes = (found: Record<string, Tensor>, inputs: Feeds, wrt: readonly string[]): string[] =>
  wrt
    .filter(name => String(found[`d ${name}`]!.dims) !== String(inputs[name]!.dims))
    .map(name => `d ${name}: [${found[`d ${name}`]!.dims}] for [${inputs[name]!.dims}]`)

function staticMismatch(model: Model, result: Tensor): string[] {
  const { dims } = model.graph.outputs[0]!
  const fits =
    dims.length === result.dims.length &&
    dims.every((dim, i) => typeof dim === 'string' || dim === result.dims[i])
  return fits ? [] : [`result: inferred [${dims}], computed [${result.dims}]`]
}
