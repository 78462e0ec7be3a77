import type { Digest, ScoreInput, ScoreResult, ScoringModel } from '../domain'
import { AttributionOracleError } from '../errors'
import type { RunOptions } from './checkpoint'
import { clipDensity } from './clip'
import { Corpus } from './corpus'
import { type ModelSignal, noiseSignals } from './noiseSignals'
import { type CheckpointTask, modelOf, planCheckpoints } from './plan'
import { countWindows } from './progress'
import { scoringReceipt } from './receipt'
import { type CheckpointScores, scoreCheckpoint } from './scoreCheckpoint'
import { usageOf } from './usage'

/** The scores of an epoch; `noise` says more of a file than a caller has to know. */
export interface EpochScores extends ScoreResult {
  readonly noise: ReadonlyMap<bigint, ModelSignal>
}

/**
 * Scores an epoch: what each file was worth to the reference model (value), and which files shaped each paid output
 * (usage). There is no account in the input, so scores cannot depend on one. The same input gives the same bits.
 * @throws AttributionOracleError ABORTED, INVALID_ARGUMENT (a model that is not there), SCORING_FAILED (the engine)
 */
export async function scoreEpoch(input: ScoreInput): Promise<EpochScores> {
  const { models, outputs, settings, referenceModelId, signal } = input
  const reference = referenceModelId === undefined ? undefined : modelOf(models, referenceModelId)
  const evaluation = input.evaluation.map(({ bytes }) => bytes)
  const tasks = planCheckpoints(input)
  const corpora = corporaOf(tasks, input)
  const corpusOf = ({ tokenizer }: { readonly tokenizer: string }): Corpus => corpora.get(tokenizer) as Corpus
  const options = runOptions(
    input,
    'score',
    countWindows(tasks, corpusOf, evaluation, settings.fisherSamples),
  )

  const scores = new Map<Digest, CheckpointScores>()
  for (const task of tasks) {
    const scored = await failingAs(`checkpoint ${task.digest}`, signal, () =>
      scoreCheckpoint(task, corpusOf(task), evaluation, settings, options),
    )
    scores.set(task.digest, scored)
  }

  const trajectory = reference === undefined ? [] : trajectoryOf(reference, tasks)
  const seen = trajectory.map(({ digest }) => scores.get(digest) as CheckpointScores)
  const last = trajectory.at(-1)
  const noise =
    last === undefined
      ? new Map<bigint, ModelSignal>()
      : await failingAs('noise signals', signal, () =>
          noiseSignals(last, seen, evaluation, corpusOf(last), settings.seed, windows =>
            runOptions(input, 'noise', windows),
          ),
        )
  const usage = new Map(
    models.flatMap(model => {
      const paid = outputs.filter(({ modelId }) => modelId === model.modelId)
      return paid.length === 0 ? [] : [[model.modelId, usageOf(model, paid, scores)] as const]
    }),
  )
  return {
    value: valueOf(seen, Number(settings.clipQuantile)),
    usage,
    noise,
    receipt: scoringReceipt(settings, tasks),
  }
}

/** The checkpoints of a model's lineage, base first, early to late. */
function trajectoryOf(model: ScoringModel, tasks: readonly CheckpointTask[]): CheckpointTask[] {
  return model.links.flatMap(({ checkpoints }) =>
    checkpoints.flatMap(({ digest }) => tasks.filter(task => task.digest === digest)),
  )
}

/** Sum over the trajectory, then the limit per byte. */
function valueOf(trajectory: readonly CheckpointScores[], clipQuantile: number): Map<bigint, number> {
  const total = new Map<bigint, number>()
  const bytes = new Map<bigint, number>()
  for (const { files, value } of trajectory) {
    files.forEach(({ id, text }, index) => {
      bytes.set(id, text.length)
      total.set(id, (total.get(id) ?? 0) + (value?.[index] ?? 0))
    })
  }
  return clipDensity(total, bytes, clipQuantile)
}

function corporaOf(tasks: readonly CheckpointTask[], { files, settings }: ScoreInput): Map<string, Corpus> {
  const byId = new Map(files.map(file => [file.id, file]))
  const tokenizers = [...new Set(tasks.map(({ tokenizer }) => tokenizer))]
  return new Map(tokenizers.map(json => [json, new Corpus(json, byId, settings.windowTokens)]))
}

function runOptions({ workers, signal, onProgress }: ScoreInput, stage: string, total: number): RunOptions {
  let done = 0
  const onWindows = (count: number): void => {
    done += count
    onProgress?.({ stage, done, total })
  }
  return { workers, onWindows, ...(signal && { signal }) }
}

async function failingAs<T>(
  step: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    signal?.throwIfAborted()
    return await work()
  } catch (cause) {
    if (signal?.aborted) {
      throw new AttributionOracleError('ABORTED', { what: `stopped at ${step}` }, { step }, { cause })
    }
    if (cause instanceof AttributionOracleError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const report = { what: `scoring failed at ${step}`, got: reason }
    throw new AttributionOracleError('SCORING_FAILED', report, { step, reason }, { cause })
  }
}
