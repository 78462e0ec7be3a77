import type { Model, Tensor, Value } from '../../src/index'
import { GraphBuilder, gradients, numbersOf, tensor, toFloat64 } from '../../src/index'
import type { Feeds } from '../runModel'
import { openModel } from '../runModel'
import { pseudoRandom } from './pseudoRandom'

export interface GradientCheck {
  /** The largest error of a gradient relative to the largest entry of that gradient. */
  readonly error: number
  /** The largest entry of each gradient; a check that compares zeros with zeros would show here. */
  readonly magnitudes: number[]
}

/**
 * Compares the gradients of Σ output·weights, with fixed weights that differ everywhere, with central differences of the
 * same sum, both in float64.
 */
export async function checkGradients(
  forward: Model,
  output: string,
  feeds: Feeds,
  step = 1e-4,
): Promise<GradientCheck> {
  const builder = GraphBuilder.from(toFloat64(forward).graph, { float: 'float64', opset: forward.opset })
  const wrt = Object.keys(feeds)
    .map(name => builder.value(name))
    .filter(value => value.dtype === 'float64')
  const loss = weightedSum(builder, builder.value(output))
  const found = gradients(builder, loss, wrt)
  builder.clearOutputs()
  builder.output(loss, 'the.loss')
  found.forEach((gradient, i) => builder.output(gradient, `gradient.of.${wrt[i]!.name}`))
  const session = await openModel(builder.model())
  try {
    const wide = Object.fromEntries(Object.entries(feeds).map(([name, t]) => [name, toWide(t)]))
    const analytic = await session.run(wide)
    const lossAt = async (name: string, i: number, delta: number): Promise<number> => {
      const moved = numbersOf(wide[name]!)
      moved[i]! += delta
      const result = await session.run({ ...wide, [name]: tensor('float64', wide[name]!.dims, moved) })
      return numbersOf(result['the.loss']!)[0]!
    }
    const checks: GradientCheck[] = []
    for (const { name } of wrt) {
      const gradient = analytic[`gradient.of.${name}`]!
      if (String(gradient.dims) !== String(wide[name]!.dims)) return { error: Infinity, magnitudes: [] }
      const values = numbersOf(gradient)
      const magnitude = Math.max(...values.map(Math.abs))
      let error = 0
      for (let i = 0; i < values.length; i++) {
        // Richardson extrapolation of two central differences: the error falls with the fourth power of the step.
        const difference = async (h: number) =>
          ((await lossAt(name, i, h)) - (await lossAt(name, i, -h))) / (2 * h)
        const numeric = (4 * (await difference(step)) - (await difference(2 * step))) / 3
        error = Math.max(error, Math.abs(numeric - values[i]!) / Math.max(magnitude, 1e-3))
      }
      checks.push({ error, magnitudes: [magnitude] })
    }
    return { error: Math.max(...checks.map(c => c.error)), magnitudes: checks.flatMap(c => c.magnitudes) }
  } finally {
    await session.close()
  }
}

/** Σ x·sin(1 + 2i): no two elements count the same, and no symmetry hides a wrong order of elements. */
function weightedSum(builder: GraphBuilder, x: Value): Value {
  const flat = builder.reshape(x, [-1])
  const count = builder.shape(flat)
  const index = (value: number): Value => builder.constant(tensor('int64', [], [value]))
  const positions = builder.op('Range', [index(0), builder.squeeze(count, [0]), index(1)])
  const weights = builder.op('Sin', [builder.add(builder.mul(builder.cast(positions, 'float64'), 2), 1)])
  return builder.reduceSum(builder.mul(flat, weights), [0])
}

const toWide = (t: Tensor): Tensor => (t.dtype === 'float32' ? tensor('float64', t.dims, numbersOf(t)) : t)

/** Numbers in (low, high) with all bits in use, the same in every run. */
export function sample(dims: readonly number[], low = -1.5, high = 1.5, seed = 1): Tensor {
  const next = pseudoRandom(seed)
  const length = dims.reduce((product, dim) => product * dim, 1)
  return tensor(
    'float32',
    dims,
    Array.from({ length }, () => low + (high - low) * next()),
  )
}
