import { OnnxEngineError } from '../errors'
import type { Tensor } from '../model/types'
import { counterBytes } from '../random/counterStream'
import type { CausalLmConfig } from './config'
import { linearSizes } from './linears'
import { loraLayout, pack, parameterCount, unpack, type LoraShape, type Weights } from './parameterLayout'

/** The factors of one linear layer: W becomes W + (alpha / rank) A B. */
export interface LoraFactors {
  /** [in, rank] */
  readonly a: Tensor
  /** [rank, out] */
  readonly b: Tensor
}

export interface LoraAdapter {
  readonly rank: number
  readonly alpha: number
  /** By module name, for example `layers.0.attention.query`. */
  readonly tensors: ReadonlyMap<string, LoraFactors>
}

export interface LoraOptions extends LoraShape {
  readonly alpha: number
}

/** Packed factors of an adapter that changes nothing yet: A normal with spread 1/sqrt(in), B zero. */
export function initialLora(config: CausalLmConfig, shape: LoraShape, seed: string): Float32Array {
  const layout = loraLayout(config, shape)
  const packed = new Float32Array(parameterCount(layout))
  for (const { name, dims, offset } of layout) {
    if (!name.endsWith('.lora_a')) continue
    const [inWidth, rank] = dims as [number, number]
    const stream = counterBytes(seed, 'initial lora', name)
    for (let i = 0; i < inWidth * rank; i++) packed[offset + i] = stream.normal() / Math.sqrt(inWidth)
  }
  return packed
}

export function unpackLora(config: CausalLmConfig, lora: LoraOptions, packed: Float32Array): LoraAdapter {
  const factors = unpack(loraLayout(config, lora), packed)
  const tensors = linearSizes(config)
    .filter(({ linear }) => lora.targets.includes(linear))
    .map(({ module }): [string, LoraFactors] => [
      module,
      { a: factors.get(`${module}.lora_a`) as Tensor, b: factors.get(`${module}.lora_b`) as Tensor },
    ])
  return { rank: lora.rank, alpha: lora.alpha, tensors: new Map(tensors) }
}

/** The inverse of `unpackLora`. Throws INVALID_ARGUMENT when a factor is missing or has another shape. */
export function packLora(config: CausalLmConfig, shape: LoraShape, adapter: LoraAdapter): Float32Array {
  const factors: Weights = new Map(
    [...adapter.tensors].flatMap(([module, { a, b }]): [string, Tensor][] => [
      [`${module}.lora_a`, a],
      [`${module}.lora_b`, b],
    ]),
  )
  return pack(loraLayout(config, shape), factors)
}

/** Weights with the adapter added: W + (alpha / rank) A B. Throws INVALID_ARGUMENT when it does not fit the base. */
export function mergeLora(config: CausalLmConfig, weights: Weights, adapter: LoraAdapter): Weights {
  const merged = new Map(weights)
  for (const [module, factors] of adapter.tensors) {
    checkFit(config, adapter.rank, module, factors)
    const name = `${module}.weight`
    const base = weights.get(name) as Tensor
    merged.set(name, { ...base, data: mergedData(base, factors, adapter.alpha / adapter.rank) })
  }
  return merged
}

function checkFit(config: CausalLmConfig, rank: number, module: string, { a, b }: LoraFactors): void {
  const size = linearSizes(config).find(linear => linear.module === module)
  const got = `[${a.dims.join(', ')}] x [${b.dims.join(', ')}]`
  const expected = size ? `[${size.inWidth}, ${rank}] x [${rank}, ${size.outWidth}]` : 'a module of the base'
  if (got !== expected) {
    throw new OnnxEngineError('INVALID_ARGUMENT', { what: `adapter of ${module}`, got, expected })
  }
}

function mergedData(base: Tensor, { a, b }: LoraFactors, scale: number): Float32Array {
  const [inWidth, outWidth] = base.dims as [number, number]
  const rank = b.dims[0] as number
  const merged = new Float32Array(base.data.length)
  for (let row = 0; row < inWidth; row++) {
    for (let column = 0; column < outWidth; column++) {
      let sum = 0
      for (let r = 0; r < rank; r++)
        sum += Number(a.data[row * rank + r]) * Number(b.data[r * outWidth + column])
      const at = row * outWidth + column
      merged[at] = Number(base.data[at]) + scale * sum
    }
  }
  return merged
}
