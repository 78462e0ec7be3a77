import {
  adapterToSafetensors,
  counterBytes,
  initialWeights,
  loraLayout,
  parameterCount,
  trainBpe,
  unpackLora,
  type CausalLmConfig,
  type LoraAdapter,
  type Linear,
  type Weights,
} from '@open-datanets/onnx-engine'
import type { Digest } from '@open-datanets/content-store'

export const config: CausalLmConfig = {
  vocabSize: 280,
  width: 32,
  layers: 2,
  heads: 4,
  mlpWidth: 64,
  contextLength: 32,
}

export const lora: { rank: number; targets: Linear[] } = {
  rank: 4,
  targets: ['query', 'value', 'up', 'down'],
}

/** What the tiny adapters name as their base. */
export const baseDigest: Digest = `0x${'ba'.repeat(32)}`

/** Weights large enough for the outputs of different prompts to differ. */
export function tinyWeights(): Weights {
  const weights = initialWeights(config, 'tiny')
  for (const [name, { data, dims }] of weights) {
    if (dims.length === 2)
      weights.set(name, { dtype: 'float32', dims, data: (data as Float32Array).map(x => 8 * x) })
  }
  return weights
}

/** An adapter that changes the outputs; `rank` may be below the slots' rank. */
export function tinyAdapter(seed: string, rank = lora.rank, base = config): LoraAdapter {
  const shape = { ...lora, rank, alpha: 2 * rank }
  const stream = counterBytes(seed, 'tiny adapter')
  const packed = Float32Array.from(
    { length: parameterCount(loraLayout(base, shape)) },
    () => 0.15 * stream.normal(),
  )
  return unpackLora(base, shape, packed)
}

export function tinyAdapterFile(
  seed: string,
  { rank = lora.rank, base = baseDigest as string } = {},
): Uint8Array {
  return adapterToSafetensors(tinyAdapter(seed, rank), { precision: 'F32', metadata: { base } })
}

export const tokenizer = trainBpe(
  ['contract Token { function transfer(address to, uint256 amount) public returns (bool) { return true; } }'],
  { vocabSize: config.vocabSize },
)
