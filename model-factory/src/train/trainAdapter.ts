import { canonicalBytes, type Digest } from '@open-datanets/content-store'
import {
  adapterFromSafetensors,
  adapterToSafetensors,
  encodeModel,
  forwardModel,
  initialLora,
  loraTrainingModel,
  mergeLora,
  unpackLora,
  type LoraAdapter,
} from '@open-datanets/onnx-engine'
import { encodeFiles } from '../corpus/encodedFiles'
import { matchFiles } from '../corpus/matchFiles'
import type { HeldOut } from '../documents/evaluationManifest'
import { TRAINING_MANIFEST_FORMAT, type AdapterManifest } from '../documents/trainingManifest'
import type { AdapterSpec } from '../job/trainingJob'
import type { BaseModel, TrainingData } from './baseModel'
import { ascendingIds } from './contributionIds'
import { engineOf } from './engine'
import { measure } from './measure'
import { optimise } from './optimise'
import type { TrainDependencies } from './trainBase'

/** A trained adapter in memory. Everything in its manifest is in the content store. */
export interface AdapterModel {
  adapter: LoraAdapter
  manifest: AdapterManifest
  manifestDigest: Digest
}

/**
 * Trains a LoRA adapter on the files of its domain, the base staying as it is, and measures base and adapter on the
 * held-out files of that domain. Stored in float16; what is measured, merged and attributed is what was stored.
 * Several may train at the same time. Equal arguments give equal digests.
 * Throws NO_FILES, the engine's errors, or the signal's reason.
 * @param base With the id under which it is registered.
 */
export async function trainAdapter(
  base: BaseModel & { modelId: number },
  spec: AdapterSpec,
  data: TrainingData,
  heldOut: HeldOut,
  { content, onProgress, signal }: TrainDependencies,
): Promise<AdapterModel> {
  const { config, tokenizer, weights } = base
  const { name, match, training, rank, alpha, targets } = spec
  const lora = { rank, alpha, targets }
  const files = matchFiles(data.files, match, `train ${name}`)
  const held = matchFiles(heldOut.files, match, `measure ${name}`)

  const { windows } = encodeFiles(files, tokenizer, config.contextLength)
  const start = initialLora(config, lora, training.seed)
  const trainable = loraTrainingModel(config, weights, lora)
  const { parameters } = await optimise(trainable, start, windows, training, { name, onProgress, signal })

  const stored = adapterToSafetensors(unpackLora(config, lora, parameters), {
    metadata: { base: base.manifest.model, tokenizer: base.manifest.tokenizer },
  })
  const { adapter } = adapterFromSafetensors(stored)
  const graph = forwardModel(config, mergeLora(config, weights, adapter))
  const merged = encodeModel(graph)
  const measuring = { name, config, tokenizer, workers: training.shards, onProgress, signal }
  const before = await measure(encodeModel(forwardModel(config, weights)), held, measuring)
  const after = await measure(merged, held, measuring)

  const model = await content.put(merged)
  const manifest: AdapterManifest = {
    format: TRAINING_MANIFEST_FORMAT,
    version: 1,
    kind: 'adapter',
    name,
    job: base.manifest.job,
    baseModelId: base.modelId,
    base: base.manifestDigest,
    snapshot: data.snapshot,
    contributionIds: ascendingIds(files),
    tokenizer: base.manifest.tokenizer,
    model,
    checkpoints: [model],
    adapter: await content.put(stored),
    lora: { ...lora, match },
    causalLm: config,
    training,
    evaluation: { heldOut: heldOut.digest, loss: { before, after } },
    engine: engineOf(graph),
  }
  return { adapter, manifest, manifestDigest: await content.put(canonicalBytes(manifest)) }
}
