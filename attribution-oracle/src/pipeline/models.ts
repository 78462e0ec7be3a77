import {
  MAX_DOCUMENT_BYTES,
  parseDocument,
  TRAINING_MANIFEST_FORMAT,
  trainingManifest,
  type CheckModel,
  type ContentStore,
  type EpochInputs,
  type RegisteredModel,
  type ScoringLink,
  type ScoringModel,
  type TrainingManifest,
} from '../domain'
import { isAbsent, isContentFault } from '../errors'
import type { Computing } from './dependencies'

/** A registered model with the manifests of its lineage, base first. */
export interface Lineage {
  modelId: number
  manifests: readonly { modelId: number; manifest: TrainingManifest }[]
}

/** Why a model is left out: its manifest, tokenizer or a graph is not there, or cannot be used. */
export type ModelFault = 'MODEL_UNAVAILABLE' | 'MODEL_INVALID'

export interface Lineages {
  lineages: Lineage[]
  /** by model id */
  leftOut: Map<number, ModelFault>
}

/**
 * Reads the lineage of every model of a datanet. A model whose manifests, tokenizer or graphs are missing, cannot be
 * decoded or do not fit together is left out: it pays nobody, its pool waits, and its builder cannot hold up the epoch.
 * @throws CONTENT_CORRUPT, CONTENT_UNREADABLE when our own copy is at fault
 */
export async function readLineages(
  inputs: Pick<EpochInputs, 'models'>,
  datanetId: number,
  { content, checkModel }: Pick<Computing, 'content' | 'checkModel'>,
): Promise<Lineages> {
  const byId = new Map(inputs.models.map(model => [model.modelId, model]))
  const links = new Map<number, TrainingManifest | ModelFault>()
  const linkOf = async (model: RegisteredModel): Promise<TrainingManifest | ModelFault> => {
    const link = links.get(model.modelId) ?? (await readLink(model, content, checkModel))
    links.set(model.modelId, link)
    return link
  }
  const lineages: Lineage[] = []
  const leftOut = new Map<number, ModelFault>()
  for (const model of inputs.models.filter(each => each.datanetId === datanetId)) {
    const manifests = await manifestsOf(model, byId, linkOf)
    if (typeof manifests === 'string') leftOut.set(model.modelId, manifests)
    else lineages.push({ modelId: model.modelId, manifests })
  }
  return { lineages, leftOut }
}

/** The model that value is measured on: the last base model registered before the close. */
export function referenceModel(lineages: readonly Lineage[]): number | undefined {
  return lineages.findLast(({ manifests }) => manifests.length === 1)?.modelId
}

/**
 * Loads the graphs of a lineage.
 * @param trainedOn what a manifest's contribution ids stand for among the accepted contributions
 * @throws CONTENT_CORRUPT when stored bytes are not what a manifest promises
 */
export async function loadModel(
  { modelId, manifests }: Lineage,
  trainedOn: (ids: readonly number[]) => bigint[],
  content: ContentStore,
): Promise<ScoringModel> {
  const links: ScoringLink[] = []
  for (const link of manifests) {
    const checkpoints = []
    for (const digest of link.manifest.checkpoints)
      checkpoints.push({ digest, bytes: await content.get(digest) })
    links.push({
      modelId: link.modelId,
      checkpoints,
      contributionIds: trainedOn(link.manifest.contributionIds),
    })
  }
  const tokenizer = await content.get(manifests[0]!.manifest.tokenizer)
  return { modelId, tokenizer: textOf(tokenizer), links }
}

async function manifestsOf(
  model: RegisteredModel,
  byId: ReadonlyMap<number, RegisteredModel>,
  linkOf: (model: RegisteredModel) => Promise<TrainingManifest | ModelFault>,
): Promise<Lineage['manifests'] | ModelFault> {
  const manifests: { modelId: number; manifest: TrainingManifest }[] = []
  let current = model
  for (;;) {
    const manifest = await linkOf(current)
    if (typeof manifest === 'string') return manifest
    manifests.unshift({ modelId: current.modelId, manifest })
    if (current.baseModelId === 0) return manifests
    // ids grow, and the registry knows the base of every model, so this walk ends
    const base = byId.get(current.baseModelId)
    if (!base || manifest.base !== base.manifestDigest) return 'MODEL_INVALID'
    current = base
  }
}

async function readLink(
  { manifestDigest, baseModelId }: RegisteredModel,
  content: ContentStore,
  checkModel: CheckModel,
): Promise<TrainingManifest | ModelFault> {
  try {
    const bytes = await content.get(manifestDigest, MAX_DOCUMENT_BYTES)
    const manifest = parseDocument(trainingManifest, TRAINING_MANIFEST_FORMAT, bytes)
    const tokenizer = textOf(await content.get(manifest.tokenizer, MAX_DOCUMENT_BYTES))
    for (const digest of manifest.checkpoints) {
      if (!checkModel(tokenizer, await content.get(digest))) return 'MODEL_INVALID'
    }
    return manifest.baseModelId === baseModelId ? manifest : 'MODEL_INVALID'
  } catch (error) {
    if (!isContentFault(error)) throw error
    return isAbsent(error) ? 'MODEL_UNAVAILABLE' : 'MODEL_INVALID'
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
