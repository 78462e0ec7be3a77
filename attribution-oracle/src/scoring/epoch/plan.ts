import type { Digest, PaidOutput, ScoreInput, ScoringLink, ScoringModel } from '../../domain'
import { AttributionOracleError } from '../../errors'

/** What one checkpoint has to be asked, however many models and links share it. */
export interface CheckpointTask {
  /** As `checkpointKey` gives it. */
  readonly key: string
  readonly digest: Digest
  readonly bytes: Uint8Array
  readonly tokenizer: string
  /** Contributions of the link that the checkpoint belongs to, ascending. */
  readonly contributionIds: readonly bigint[]
  /** Whether it lies on the trajectory that value is measured on. */
  readonly measuresValue: boolean
  /** Outputs of every model whose lineage holds it. */
  readonly outputs: readonly PaidOutput[]
  /** Models whose lineage holds it. */
  readonly modelIds: readonly number[]
}

/** The distinct checkpoints of all lineages, each with all that is asked of it. */
export function planCheckpoints({ models, outputs, referenceModelId }: ScoreInput): CheckpointTask[] {
  if (referenceModelId !== undefined) modelOf(models, referenceModelId)
  const tasks = new Map<string, CheckpointTask>()
  for (const model of models) {
    const { modelId, tokenizer } = model
    const isReference = modelId === referenceModelId
    const paid = outputs.filter(output => output.modelId === modelId)
    if (!isReference && paid.length === 0) continue
    for (const link of model.links) {
      for (const { digest, bytes } of link.checkpoints) {
        const key = checkpointKey(model, link, digest)
        const known = tasks.get(key)
        if (known?.modelIds.includes(modelId)) continue
        tasks.set(key, {
          key,
          digest,
          bytes,
          tokenizer,
          contributionIds: ascending(link.contributionIds),
          measuresValue: isReference || (known?.measuresValue ?? false),
          outputs: [...(known?.outputs ?? []), ...paid],
          modelIds: [...(known?.modelIds ?? []), modelId],
        })
      }
    }
  }
  return [...tasks.values()]
}

/**
 * Models share the work on a checkpoint only where they agree on everything about it: nobody can change what another
 * model's checkpoint says by registering the same graph with another tokenizer or other contributions.
 */
export function checkpointKey({ tokenizer }: ScoringModel, link: ScoringLink, digest: Digest): string {
  return [digest, ascending(link.contributionIds).join(), tokenizer].join('\n')
}

/** @throws AttributionOracleError INVALID_ARGUMENT when there is no such model */
export function modelOf(models: readonly ScoringModel[], modelId: number): ScoringModel {
  const model = models.find(candidate => candidate.modelId === modelId)
  if (model !== undefined) return model
  const expected = `one of ${models.map(candidate => candidate.modelId).join(', ')}`
  throw new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `model ${modelId} is not among the models to score`, expected },
    { argument: 'modelId', got: String(modelId), expected },
  )
}

function ascending(ids: readonly bigint[]): bigint[] {
  return [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1))
}
