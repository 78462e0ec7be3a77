import { toFloat64 } from '../../graph/float64/twin'
import { castTensor } from '../../model/tensor'
import type { Model, Tensor } from '../../model/types'
import { counterBytes } from '../../random/counterStream'
import { GradientPass } from '../gradientPass'
import { unrollRecurrent } from '../recurrent/unroll'
import { withChosenBranches } from '../graph/branches'
import { separateParameters } from '../graph/separate'
import { isFloat } from '../../model/dtypes'
import type { Loss, PassOutput, Samples } from '../options'
import { differenceAlong, type Probe } from './differences'

export interface GradientCheckOptions {
  readonly loss: Loss
  readonly seed: string
  readonly output?: string
  /** As in PassOptions. */
  readonly parameters?: readonly string[]
  /** Entries of each parameter that are moved one by one, besides two random directions of all of them. */
  readonly entries: number
  /** Of the float64 gradients against central differences. */
  readonly tolerance: number
  /** Of the float32 gradients against the float64 ones. */
  readonly tolerance32: number
  readonly onParameter?: (done: number, of: number) => void
}

export interface ParameterCheck {
  readonly name: string
  readonly dims: readonly number[]
  /** Largest entry of the gradient. */
  readonly magnitude: number
  /** Of the float64 gradient against central differences, relative to the gradient. */
  readonly error: number
  /** Of the float32 gradient against the float64 one, relative to its largest entry, or to a tenth of the model's. */
  readonly error32: number
  readonly passes: boolean
}

export interface GradientCheck {
  readonly passes: boolean
  /** Of the samples, in float64. */
  readonly loss: number
  readonly parameters: readonly ParameterCheck[]
}

/**
 * What gradients smaller than this share of the largest of all parameters are measured against: a gradient that is
 * zero by symmetry (the bias of attention keys, of a convolution before InstanceNormalization) is rounding, which has no
 * relative error. In float32 what is left of terms that cancel is as large as the rounding of the terms.
 */
const FLOOR = { exact: 1e-6, narrow: 0.1 }

/**
 * Compares every parameter's gradient of the summed loss with central differences, both on the float64 twin, and the
 * model's own float32 gradients with the twin's.
 */
export async function checkGradients(
  model: Model,
  samples: Samples,
  o: GradientCheckOptions,
): Promise<GradientCheck> {
  const forward = unrollRecurrent(separateParameters(withChosenBranches(model)))
  const twin = toFloat64(forward)
  const wide = widened(samples)
  const narrow = await gradientsOf(forward, samples, o)
  // By name: the twin has constants of its own.
  const parameters = [...narrow.gradients!.keys()]
  const exact = await gradientsOf(twin, wide, { ...o, parameters })
  const largest = Math.max(...[...exact.gradients!.values()].map(magnitudeOf), 0)
  const pass = await GradientPass.open(twin, {
    ...settings({ ...o, parameters }, samples.count),
    want: 'none',
  })
  try {
    const lossAt = async (name: string, value: Tensor): Promise<number> =>
      summed(await pass.run(wide, { weights: new Map([[name, value]]), keepOutputs: false }))
    const checks: ParameterCheck[] = []
    for (const [name, gradient] of exact.gradients!) {
      const magnitude = magnitudeOf(gradient)
      const weight = castTensor(forward.graph.initializers.get(name)!, 'float64')
      const probes = probesOf(name, gradient, magnitude, largest, o)
      const error = await differenceAlong(probes, weight, value => lossAt(name, value), o.tolerance)
      const scale = Math.max(magnitude, FLOOR.narrow * largest)
      const error32 = scale === 0 ? 0 : distance(narrow.gradients!.get(name)!, gradient) / scale
      const passes = error <= o.tolerance && error32 <= o.tolerance32
      checks.push({ name, dims: gradient.dims, magnitude, error, error32, passes })
      o.onParameter?.(checks.length, parameters.length)
    }
    return { passes: checks.every(check => check.passes), loss: summed(exact), parameters: checks }
  } finally {
    await pass.close()
  }
}

const settings = ({ loss, output, parameters }: GradientCheckOptions, count: number) =>
  ({
    loss,
    ...(parameters && { parameters }),
    ...(output !== undefined && { output }),
    direction: 'loss',
    weights: 'inputs',
    batch: Math.max(1, count),
    session: {},
  }) as const

async function gradientsOf(model: Model, samples: Samples, o: GradientCheckOptions): Promise<PassOutput> {
  const pass = await GradientPass.open(model, { ...settings(o, samples.count), want: 'parameters' })
  try {
    return await pass.run(samples, { keepOutputs: false })
  } finally {
    await pass.close()
  }
}

function widened(samples: Samples): Samples {
  const wide = (value: Tensor): Tensor => (isFloat(value.dtype) ? castTensor(value, 'float64') : value)
  const inputs = new Map([...samples.inputs].map(([name, value]) => [name, wide(value)]))
  return { ...samples, inputs, targets: wide(samples.targets) }
}

/** Two random directions of signs, which every entry has a share in, and the largest and some other entries. */
function probesOf(
  name: string,
  gradient: Tensor,
  magnitude: number,
  largest: number,
  { seed, entries }: GradientCheckOptions,
): Probe[] {
  const values = gradient.data as Float64Array
  const random = counterBytes(seed, 'check directions', name)
  const floor = Math.max(magnitude, FLOOR.exact * largest)
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  const signs = [0, 1].map((): Probe => {
    const direction = values.map(() => (random.below(2) === 0 ? 1 : -1))
    const slope = direction.reduce((sum, sign, i) => sum + sign * values[i]!, 0)
    return { direction, slope, scale: Math.max(norm, floor) }
  })
  const peak = values.reduce((best, value, i) => (Math.abs(value) > Math.abs(values[best]!) ? i : best), 0)
  const places = [
    peak,
    ...Array.from({ length: Math.max(0, entries - 1) }, () => random.below(values.length)),
  ]
  const units = [...new Set(places)].map((place): Probe => {
    const direction = new Float64Array(values.length)
    direction[place] = 1
    return { direction, slope: values[place]!, scale: floor }
  })
  return [...signs, ...units]
}

/** The loss that `parameters` differentiates: over all scored positions of all samples. */
const summed = ({ loss, scored }: PassOutput): number =>
  loss.reduce((sum, value, i) => sum + value * scored[i]!, 0)

const magnitudeOf = ({ data }: Tensor): number =>
  (data as Float64Array).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)

const distance = (left: Tensor, right: Tensor): number =>
  (left.data as Float64Array).reduce(
    (largest, value, i) => Math.max(largest, Math.abs(value - (right.data as Float64Array)[i]!)),
    0,
  )
