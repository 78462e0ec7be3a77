import fc from 'fast-check'
import type { Dim, Model, Tensor, Value } from '../../../src/index'
import { GraphBuilder, numbersOf, tensor } from '../../../src/index'
import type { Feeds } from '../../runModel'
import { pseudoRandom } from '../pseudoRandom'

/** One operator under test: what it is fed, and how it is written. */
export interface OperatorCase {
  readonly inputs: Feeds
  readonly build: (b: GraphBuilder, values: Record<string, Value>) => Value
  /** Shapes of the graph's inputs where sizes are names. */
  readonly dims?: Readonly<Record<string, readonly Dim[]>>
  readonly opset?: number
  /** How far values are moved for a difference; less where many bends are near. */
  readonly step?: number
  /** ONNX Runtime is not asked for float32, because the operator's domain is not declared by the models of the tests. */
  readonly twinOnly?: boolean
}

export type Cases = Readonly<Record<string, fc.Arbitrary<OperatorCase>>>

export function modelOf({ inputs, dims, build, opset }: OperatorCase): Model {
  const builder = new GraphBuilder('case', opset === undefined ? {} : { opset })
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, t]) => [name, builder.input(name, t.dtype, dims?.[name] ?? t.dims)]),
  )
  builder.output(build(builder, values), 'result')
  return builder.model()
}

export const seeds = fc.integer({ min: 1, max: 1e6 })
export const size = (max = 4): fc.Arbitrary<number> => fc.integer({ min: 1, max })
export const shape = (minLength = 0, maxLength = 4, max = 4): fc.Arbitrary<number[]> =>
  fc.array(size(max), { minLength, maxLength })

/** float32 numbers in (low, high), at least `gap` away from zero. */
export function numbers(dims: readonly number[], seed: number, low = -1.5, high = 1.5, gap = 0.05): Tensor {
  const next = pseudoRandom(seed)
  const draw = (): number => {
    const value = low + (high - low) * next()
    return Math.abs(value) < gap ? draw() : value
  }
  return tensor('float32', dims, Array.from({ length: elements(dims) }, draw))
}

/** Numbers of which no two are nearer than 0.05, for operators that choose the largest. */
export function distinct(dims: readonly number[], seed: number): Tensor {
  const next = pseudoRandom(seed)
  const values = Array.from({ length: elements(dims) }, (_, i) => 0.1 * i + 0.05 * next())
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    ;[values[i], values[j]] = [values[j]!, values[i]!]
  }
  return tensor(
    'float32',
    dims,
    values.map(value => value - 0.05 * values.length),
  )
}

export const elements = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1)

/** Whole numbers in [0, below). */
export function indices(dims: readonly number[], seed: number, below: number): Tensor {
  const next = pseudoRandom(seed)
  return tensor(
    'int64',
    dims,
    Array.from({ length: elements(dims) }, () => Math.floor(next() * below)),
  )
}

export const doubled = (t: Tensor): Tensor =>
  t.dtype === 'float32' ? tensor('float64', t.dims, numbersOf(t)) : t

/** The first axis of each of the inputs under a name, or none. */
export const batchNames = (inputs: Feeds, named: boolean): { dims?: Record<string, Dim[]> } =>
  named
    ? {
        dims: Object.fromEntries(
          Object.entries(inputs).map(([name, t]) => [name, t.dims.map((d, i) => (i === 0 ? 'B' : d))]),
        ),
      }
    : {}
