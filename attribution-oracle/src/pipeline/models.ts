import {
  parseDocument,
  TRAINING_MANIFEST_FORMAT,
  trainingManifest,
  type ContentStore,
  type EpochInputs,
  type RegisteredModel,
  type ScoringLink,
  type ScoringModel,
  type TrainingManifest,
} from '../domain'
import { isContentFault } from '../errors'

/** A registered model with the manifests of its lineage, base first. */
export interface Lineage {
  modelId: number
  manifests: readonly { modelId: number; manifest: TrainingManifest }[]
}

/**
 * Reads the lineage of every model of a datanet that can be scored. A model whose manifests or graphs are missing, or do
 * not fit together, is left out: it pays nobody, its pool waits, and its builder cannot hold up the epoch.
 */
export async function readLineages(
  inputs: EpochInputs,
  datanetId: number,
  content: ContentStore,
): Promise<Lineage[]> {
  const byId = new Map(inputs.models.map(model => [model.modelId, model]))
  const lineages: Lineage[] = []
  for (const model of inputs.models.filter(each => each.datanetId === datanetId)) {
    const manifests = await manifestsOf(model, byId, content)
    if (manifests) lineages.push({ modelId: model.modelId, manifests })
  }
  return lineages
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
  return { modelId, tokenizer: new TextDecoder().decode(tokenizer), links }
}

async function manifestsOf(
  model: RegisteredModel,
  byId: ReadonlyMap<number, RegisteredModel>,
  content: ContentStore,
) {
  const manifests: { modelId: number; manifest: TrainingManifest }[] = []
  let current: RegisteredModel | undefined = model
  while (current) {
    const manifest = await manifestOf(current, content)
    if (!manifest || manifest.baseModelId !== current.baseModelId) return undefined
    manifests.unshift({ modelId: current.modelId, manifest })
    if (current.baseModelId === 0) return manifests
    // ids grow, and the registry knows the base of every model, so this walk ends
    const base = byId.get(current.baseModelId)
    if (!base || manifest.base !== base.manifestDigest) return undefined
    current = base
  }
  return undefined
}

async function manifestOf(
  model: RegisteredModel,
  content: ContentStore,
): Promise<TrainingManifest | undefined> {
  try {
    const bytes = await content.get(model.manifestDigest)
    const manifest = parseDocument(trainingManifest, TRAINING_MANIFEST_FORMAT, bytes)
    const needed = [manifest.tokenizer, ...manifest.checkpoints]
    const present = await Promise.all(needed.map(digest => content.has(digest)))
    return present.every(Boolean) ? manifest : undefined
  } catch (error) {
    if (!isContentFault(error)) throw error
    return undefined
  }
}
