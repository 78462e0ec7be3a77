import type { ContentStore, Digest } from '@open-datanets/content-store'
import {
  Tokenizer,
  adapterFromSafetensors,
  decodeModel,
  pack,
  parameterLayout,
  unpack,
  type CausalLmConfig,
  type Weights,
} from '@open-datanets/onnx-engine'
import { parseDocument } from '../documents/parseDocument'
import {
  TRAINING_MANIFEST_FORMAT,
  adapterManifest,
  baseManifest,
  type BaseManifest,
} from '../documents/trainingManifest'
import { ModelFactoryError } from '../errors'
import type { BaseModel } from '../train/baseModel'
import type { AdapterModel } from '../train/trainAdapter'

/** The weights inside a forward graph. `pack` refuses a graph that lacks one or has it in another shape. */
function weightsOf(model: Uint8Array, config: CausalLmConfig): Weights {
  const layout = parameterLayout(config)
  return unpack(layout, pack(layout, new Map(decodeModel(model).graph.initializers)))
}

function checkVocabulary(tokenizer: Tokenizer, { causalLm, tokenizer: digest }: BaseManifest): void {
  if (tokenizer.vocabSize === causalLm.vocabSize) return
  throw new ModelFactoryError('WRONG_MODEL', {
    what: `vocabulary of tokenizer ${digest}`,
    got: `${tokenizer.vocabSize} tokens`,
    expected: `${causalLm.vocabSize}, as the model`,
  })
}

/**
 * Loads a base model from the content store by the manifest digest that is on chain: to serve it, or to train an
 * adapter in another process. Throws INVALID_DOCUMENT, WRONG_MODEL, the engine's and the store's errors.
 */
export async function loadBase(manifestDigest: Digest, content: ContentStore): Promise<BaseModel> {
  const manifest = parseDocument(baseManifest, TRAINING_MANIFEST_FORMAT, await content.get(manifestDigest))
  const tokenizer = Tokenizer.fromJson(Buffer.from(await content.get(manifest.tokenizer)).toString('utf8'))
  checkVocabulary(tokenizer, manifest)
  const config = manifest.causalLm
  const weights = weightsOf(await content.get(manifest.model), config)
  return { config, tokenizer, weights, manifest, manifestDigest }
}

/** The same for an adapter. Throws WRONG_MODEL when it was trained on another base. */
export async function loadAdapter(
  base: BaseModel,
  manifestDigest: Digest,
  content: ContentStore,
): Promise<AdapterModel> {
  const manifest = parseDocument(adapterManifest, TRAINING_MANIFEST_FORMAT, await content.get(manifestDigest))
  const { adapter, metadata } = adapterFromSafetensors(await content.get(manifest.adapter))
  for (const [what, got, expected] of [
    ['base of the adapter manifest', manifest.base, base.manifestDigest],
    ['base of the adapter file', metadata.base ?? 'nothing', base.manifest.model],
  ] as const)
    if (got !== expected) throw new ModelFactoryError('WRONG_MODEL', { what, got, expected })
  return { adapter, manifest, manifestDigest }
}
