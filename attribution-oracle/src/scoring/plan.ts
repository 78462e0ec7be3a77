import type { Digest, PaidOutput, ScoreInput, ScoringModel } from '../domain'
import { AttributionOracleError } from '../errors'

/** What one checkpoint has to be asked, however many models and links share it. */
export interface CheckpointTask {
  readonly digest: Digest
  readonly bytes: Uint8Array
  readonly tokenizer: string
  /** Contributions of every link that the checkpoint belongs to, ascending. */
  readonly contributionIds: readonly bigint[]
  /** Whether it lies on the trajectory that value is measured on. */
  readonly measuresValue: boolean
  /** Outputs of every model whose lineage holds it. */
  readonly outputs: readonly PaidOutput[]
}

/** The distinct checkpoints of all lineages, each with all that is asked of it. */
export function planCheckpoints({ models, outputs, referenceModelId }: ScoreInput): CheckpointTask[] {
  if (referenceModelId !== undefined) modelOf(models, referenceModelId)
  const tasks = new Map<Digest, CheckpointTask>()
  for (const model of models) {
    const isReference = model.modelId === referenceModelId
    const paid = outputs.filter(output => output.modelId === model.modelId)
    if (!isReference && paid.length === 0) continue
    for (const { checkpoints, contributionIds } of model.links) {
      for (const { digest, bytes } of checkpoints) {
        const known = tasks.get(digest)
        tasks.set(digest, {
          digest,
          bytes,
          tokenizer: model.tokenizer,
          contributionIds: ascending([...(known?.contributionIds ?? []), ...contributionIds]),
          measuresValue: isReference || (known?.measuresValue ?? false),
          outputs: [...(known?.outputs ?? []), ...paid],
        })
      }
    }
  }
  return [...tasks.values()]
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
