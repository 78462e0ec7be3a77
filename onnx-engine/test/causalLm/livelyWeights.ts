import { initialWeights } from '../../src/causalLm/initialWeights'
import { initialLora, unpackLora, type LoraAdapter, type LoraOptions } from '../../src/causalLm/lora'
import { pack, parameterLayout, unpack, type Weights } from '../../src/causalLm/parameterLayout'
import { counterBytes } from '../../src/random/counterStream'
import { tiny } from './tinyLm'

function shaken(values: Float32Array, spread: number, seed: string): Float32Array {
  const stream = counterBytes(seed, 'shaken')
  return values.map(x => x + spread * stream.normal())
}

/** Packed weights far from their start, so that every part of the network matters. */
export function livelyParameters(seed: string, config = tiny): Float32Array {
  return shaken(pack(parameterLayout(config), initialWeights(config, seed)), 0.3, seed)
}

export function livelyWeights(seed: string, config = tiny): Weights {
  return unpack(parameterLayout(config), livelyParameters(seed, config))
}

/** Packed factors of an adapter that changes its base. */
export function livelyLora(lora: LoraOptions, seed: string, config = tiny): Float32Array {
  return shaken(initialLora(config, lora, seed), 0.2, seed)
}

export function livelyAdapter(lora: LoraOptions, seed: string, config = tiny): LoraAdapter {
  return unpackLora(config, lora, livelyLora(lora, seed, config))
}
