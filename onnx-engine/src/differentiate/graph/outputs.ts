import type { GraphBuilder } from '../../graph/builder'
import type { Value } from '../../graph/value'
import { flattened, type Given, type Objective, outputCount, unit, type Wanted } from './objective'

/** Mean over outputs of (f - y)². */
export function squaredErrorObjective(
  builder: GraphBuilder,
  output: Value,
  direction: Wanted,
  given: Given,
): Objective {
  const f = flattened(builder, output)
  const y = given.targets('float', f.dims)
  const count = outputCount(builder, f)
  const error = builder.sub(f, y)
  const cotangents: Record<Exclude<Wanted, undefined>, () => Value> = {
    loss: () => builder.div(builder.mul(error, 2), count),
    margin: () => ones(builder, f),
    // The caller's uniforms arrive here as normal numbers.
    sampled: () => builder.mul(given.uniforms(f.dims), root(builder, count)),
    'fisher-row': () =>
      builder.mul(
        ones(builder, f),
        builder.mul(unit(builder, given.row(), f.dims[1]!, f), root(builder, count)),
      ),
  }
  return {
    loss: builder.reduceMean(builder.mul(error, error), [1]),
    of: f,
    ...(direction && { cotangent: cotangents[direction]() }),
  }
}

/** Mean over outputs of -y·log σ(z) - (1-y)·log σ(-z). */
export function binaryObjective(
  builder: GraphBuilder,
  output: Value,
  direction: Wanted,
  given: Given,
): Objective {
  const z = flattened(builder, output)
  const y = given.targets('float', z.dims)
  const count = outputCount(builder, z)
  const p = builder.op('Sigmoid', [z])
  const sign = builder.sub(builder.mul(y, 2), 1)
  // max(z,0) - z·y + log(1 + exp(-|z|)): no large exponent at either end.
  const tail = builder.log(builder.add(builder.exp(builder.neg(builder.op('Abs', [z]))), 1))
  const losses = builder.add(builder.sub(builder.op('Relu', [z]), builder.mul(z, y)), tail)
  const cotangents: Record<Exclude<Wanted, undefined>, () => Value> = {
    loss: () => builder.div(builder.sub(p, y), count),
    margin: () => sign,
    sampled: () => {
      const label = builder.cast(builder.op('Less', [given.uniforms(z.dims), p]), z.dtype)
      return builder.div(builder.sub(p, label), builder.sqrt(count))
    },
    'fisher-row': () => {
      const variance = builder.div(builder.mul(p, builder.op('Sigmoid', [builder.neg(z)])), count)
      return builder.mul(builder.sqrt(variance), unit(builder, given.row(), z.dims[1]!, z))
    },
  }
  return {
    loss: builder.reduceMean(losses, [1]),
    ...(z.dims[1] === 1 && { margin: builder.reshape(builder.mul(sign, z), [-1]) }),
    of: z,
    ...(direction && { cotangent: cotangents[direction]() }),
  }
}

const root = (builder: GraphBuilder, count: Value): Value =>
  builder.sqrt(builder.div(builder.constant(2), count))

const ones = (builder: GraphBuilder, like: Value): Value =>
  builder.expand(builder.constant(1), builder.shape(like))
