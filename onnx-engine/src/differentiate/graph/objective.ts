import type { GraphBuilder } from '../../graph/builder'
import type { Value } from '../../graph/value'
import { scalar, tensor } from '../../model/tensor'
import type { Dim } from '../../model/types'
import type { Direction } from '../options'

/** Names of what a pass adds to the inputs of a model. */
export const FEEDS = {
  targets: 'pass.targets',
  uniforms: 'pass.uniforms',
  row: 'pass.row',
  seed: 'pass.seed',
  /** A factor of each sample's gradient. */
  weights: 'pass.weights',
  /** All parameters in one vector. */
  parameters: 'pass.parameters',
} as const

/** A loss on a graph and the direction that the reverse pass starts with. */
export interface Objective {
  /** [B], summed over scored positions. */
  readonly loss: Value
  /** int64 [B] */
  readonly scored?: Value
  /** [B], the log odds of the truth; where there is one position. */
  readonly margin?: Value
  /** What the cotangent belongs to: the output, or a form of it. */
  readonly of: Value
  /** The derivative of the direction in `of`, of its dims; undefined where none was asked for. */
  readonly cotangent?: Value
}

/** Inputs that an objective asks for; made on demand, so that a graph has only those that it uses. */
export interface Given {
  targets(dtype: 'int64' | 'float', dims: readonly Dim[]): Value
  uniforms(dims: readonly Dim[]): Value
  row(): Value
}

/** [B,m] from any output, samples first. */
export const flattened = (builder: GraphBuilder, output: Value): Value =>
  output.dims.length === 2 ? output : builder.reshape(output, [0, -1])

/** A one at place `row` of `width`, else zeros: [width]. */
export function unit(builder: GraphBuilder, row: Value, width: Dim, like: Value): Value {
  const count =
    typeof width === 'number'
      ? builder.constant(scalar('int64', width))
      : builder.squeeze(builder.slice(builder.shape(like), -1, 2 ** 31 - 1, 0), [0])
  const [zero, one] = [0, 1].map(value => builder.constant(scalar('int64', value)))
  const places = builder.op('Range', [zero, count, one])
  return builder.cast(builder.op('Equal', [places, row]), like.dtype)
}

/** The number of outputs per sample, as a scalar of the output's type. */
export function outputCount(builder: GraphBuilder, flat: Value): Value {
  const width = flat.dims[1]
  if (typeof width === 'number') return builder.constant(tensor(flat.dtype, [], [width]))
  return builder.squeeze(builder.cast(builder.slice(builder.shape(flat), 1, 2, 0), flat.dtype), [0])
}

export type Wanted = Exclude<Direction, 'seed'> | undefined
