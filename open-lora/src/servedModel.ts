import type { ModelRegistry } from '../../typechain-types'
import type { Digest } from '@open-datanets/content-store'
import { OpenLoraError } from './errors'
import { flatPrice, type Price } from './payments/price'

/** A model that is served: the base alone, or the base with an adapter. */
export interface ServedModel {
  modelId: number
  /** digest of the adapter's safetensors; null for the base */
  adapter: Digest | null
  price: Price
}

/**
 * What the chain says of the models to be served: prices, and the adapters' digests. Each is the base itself or was
 * registered on it, else BASE_MISMATCH.
 */
export async function readServedModels(
  registry: ModelRegistry,
  baseModelId: number,
  modelIds: readonly number[],
): Promise<ServedModel[]> {
  const models: ServedModel[] = []
  for (const modelId of modelIds) {
    const model = await registry.modelOf(modelId)
    const isBase = modelId === baseModelId
    if (!isBase && model.baseModelId !== BigInt(baseModelId))
      throw otherBase(modelId, model.baseModelId, baseModelId)
    const adapter = isBase ? null : (model.artifactDigest as Digest)
    models.push({ modelId, adapter, price: flatPrice(model.pricePerToken) })
  }
  return models
}

function otherBase(modelId: number, got: bigint, expected: number): OpenLoraError {
  return new OpenLoraError(
    'BASE_MISMATCH',
    {
      what: `model ${modelId} is registered on another base`,
      got: `model ${got}`,
      expected: `model ${expected}`,
      fix: 'serve it beside its own base model',
    },
    { got: `model ${got}`, expected: `model ${expected}` },
  )
}
