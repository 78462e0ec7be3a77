import { elementCount } from '../model/tensor'
import { counterBytes } from '../random/counterStream'
import type { CausalLmConfig } from './config'
import { parameterLayout, type ParameterSlot, type Weights } from './parameterLayout'

const SPREAD = 0.02

/**
 * GPT-2's initialisation: normals of spread 0.02, the projections into the residual stream smaller by sqrt(2 layers),
 * norms at one and zero. Each tensor has its own stream of the seed, so that it does not depend on the others.
 */
export function initialWeights(config: CausalLmConfig, seed: string): Weights {
  return new Map(
    parameterLayout(config).map(slot => [
      slot.name,
      { dtype: 'float32', dims: slot.dims, data: initialValues(slot, config, seed) },
    ]),
  )
}

function initialValues(
  { name, dims }: ParameterSlot,
  { layers }: CausalLmConfig,
  seed: string,
): Float32Array {
  const size = elementCount(dims)
  if (name.endsWith('norm.weight')) return new Float32Array(size).fill(1)
  if (name.endsWith('norm.bias')) return new Float32Array(size)
  const intoResidual = name.endsWith('.output.weight') || name.endsWith('.down.weight')
  const spread = intoResidual ? SPREAD / Math.sqrt(2 * layers) : SPREAD
  const stream = counterBytes(seed, 'initial weights', name)
  return Float32Array.from({ length: size }, () => spread * stream.normal())
}
