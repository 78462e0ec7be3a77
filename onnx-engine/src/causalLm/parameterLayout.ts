import { OnnxEngineError } from '../errors'
import { elementCount } from '../model/tensor'
import type { Tensor } from '../model/types'
import { checkConfig, type CausalLmConfig } from './config'
import { linearSizes, type Linear } from './linears'

/** Where one tensor lies in a packed parameter vector. */
export interface ParameterSlot {
  readonly name: string
  readonly dims: readonly number[]
  readonly offset: number
}

export type ParameterLayout = readonly ParameterSlot[]

/** Weights by dotted name; linear weights are [in, out]. */
export type Weights = Map<string, Tensor>

export interface LoraShape {
  readonly rank: number
  /** Linear layers that carry an adapter, in every block. */
  readonly targets: readonly Linear[]
}

/** The order in which all weights of a model are packed. */
export function parameterLayout(config: CausalLmConfig): ParameterLayout {
  checkConfig(config)
  const { vocabSize, width, contextLength } = config
  const linears = linearSizes(config)
  const blocks = Array.from({ length: config.layers }, (_, layer): [string, number[]][] => {
    const ofPart = (part: string): [string, number[]][] => [
      [`layers.${layer}.${part}.norm.weight`, [width]],
      [`layers.${layer}.${part}.norm.bias`, [width]],
      ...linears
        .filter(({ module }) => module.startsWith(`layers.${layer}.${part}.`))
        .map(({ module, inWidth, outWidth }): [string, number[]] => [
          `${module}.weight`,
          [inWidth, outWidth],
        ]),
    ]
    return [...ofPart('attention'), ...ofPart('mlp')]
  })
  return placed([
    ['tokens.weight', [vocabSize, width]],
    ['positions.weight', [contextLength, width]],
    ...blocks.flat(),
    ['norm.weight', [width]],
    ['norm.bias', [width]],
    ['head.weight', [width, vocabSize]],
  ])
}

/** The order in which the factors of an adapter are packed: `<module>.lora_a` [in, rank], `<module>.lora_b` [rank, out]. */
export function loraLayout(config: CausalLmConfig, { rank, targets }: LoraShape): ParameterLayout {
  checkConfig(config)
  return placed(
    linearSizes(config)
      .filter(({ linear }) => targets.includes(linear))
      .flatMap(({ module, inWidth, outWidth }): [string, number[]][] => [
        [`${module}.lora_a`, [inWidth, rank]],
        [`${module}.lora_b`, [rank, outWidth]],
      ]),
  )
}

function placed(tensors: readonly [name: string, dims: number[]][]): ParameterLayout {
  let offset = 0
  return tensors.map(([name, dims]) => {
    const slot = { name, dims, offset }
    offset += elementCount(dims)
    return slot
  })
}

/** The length of the packed vector. */
export function parameterCount(layout: ParameterLayout): number {
  return layout.reduce((sum, { dims }) => sum + elementCount(dims), 0)
}

/** Copies float32 tensors into one vector. Throws INVALID_ARGUMENT for a missing tensor or another shape. */
export function pack(layout: ParameterLayout, weights: Weights): Float32Array {
  checkWeights(layout, weights)
  const packed = new Float32Array(parameterCount(layout))
  for (const { name, offset } of layout) packed.set(weights.get(name)?.data as Float32Array, offset)
  return packed
}

/** Throws INVALID_ARGUMENT for a missing tensor or another shape. */
export function checkWeights(layout: ParameterLayout, weights: Weights): void {
  for (const { name, dims } of layout) {
    const tensor = weights.get(name)
    if (tensor?.dtype !== 'float32' || String(tensor.dims) !== String(dims)) {
      throw new OnnxEngineError('INVALID_ARGUMENT', {
        what: `tensor ${name}`,
        got: tensor ? `${tensor.dtype} [${tensor.dims.join(', ')}]` : 'nothing',
        expected: `float32 [${dims.join(', ')}]`,
      })
    }
  }
}

/** Copies a packed vector into tensors; the inverse of `pack`. */
export function unpack(layout: ParameterLayout, packed: Float32Array): Weights {
  if (packed.length !== parameterCount(layout)) {
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: 'packed parameters',
      got: `${packed.length} numbers`,
      expected: `${parameterCount(layout)}`,
    })
  }
  return new Map(
    layout.map(({ name, dims, offset }) => [
      name,
      { dtype: 'float32', dims, data: packed.slice(offset, offset + elementCount(dims)) },
    ]),
  )
}
