import type { ScoreInput, ScoreResult, ScoringModel } from '../domain'
import type { RunOptions } from './checkpoint'
import { clipDensity } from './clip'
import { Corpus } from './corpus'
import { LeftOut, asFault } from './leftOut'
import { type ModelSignal, noiseSignals } from './noiseSignals'
import { type CheckpointTask, checkpointKey, modelOf, planCheckpoints } from './plan'
import { countWindows } from './progress'
import { scoringReceipt } from './receipt'
import { type CheckpointScores, scoreCheckpoint } from './scoreCheckpoint'
import { usageOf } from './usage'

/** The scores of an epoch; `noise` says more of a file than a caller has to know. */
export interface EpochScores extends ScoreResult {
  readonly noise: ReadonlyMap<bigint, ModelSignal>
  /**
   * Why a model could not be scored, by model id: such a model has no usage and, where it is the reference, gives no
   * value and no noise. The ids are the same on every machine, the texts need not be.
   */
  readonly leftOut: ReadonlyMap<number, string>
}

/**
 * Scores an epoch: what each file was worth to the reference model (value), and which files shaped each paid output
 * (usage). There is no account in the input, so scores cannot depend on one. The same input gives the same bits.
 * A model whose graphs or tokenizer cannot be read or run, or that gives numbers which are not finite, is left out.
 * @throws AttributionOracleError ABORTED, INVALID_ARGUMENT (a model that is not there), SCORING_FAILED (the machine)
 */
export function scoreEpoch(input: ScoreInput): Promise<EpochScores> {
  return asFault('scoring', input.signal, () => score(input))
}

async function score(input: ScoreInput): Promise<EpochScores> {
  const { models, outputs, settings, referenceModelId, signal } = input
  const reference = referenceModelId === undefined ? undefined : modelOf(models, referenceModelId)
  const evaluation = input.evaluation.map(({ bytes }) => bytes)
  const leftOut = new LeftOut(signal)
  const planned = planCheckpoints(input)
  const corpora = await corporaOf(planned, input, leftOut)
  const tasks = planned.filter(({ tokenizer }) => corpora.has(tokenizer))
  const corpusOf = ({ tokenizer }: { readonly tokenizer: string }): Corpus => corpora.get(tokenizer) as Corpus
  const options = runOptions(
    input,
    'score',
    countWindows(tasks, corpusOf, evaluation, settings.fisherSamples),
  )

  const scores = new Map<string, CheckpointScores>()
  for (const task of tasks) {
    if (leftOut.hasAll(task.modelIds)) continue
    const scored = await leftOut.unlessBroken(task.modelIds, `checkpoint ${task.digest}`, () =>
      scoreCheckpoint(task, corpusOf(task), evaluation, settings, options),
    )
    if (scored !== undefined) scores.set(task.key, scored)
  }

  const measured = reference !== undefined && !leftOut.reasons.has(reference.modelId)
  const trajectory = measured ? trajectoryOf(reference, tasks) : []
  const seen = trajectory.map(({ key }) => scores.get(key) as CheckpointScores)
  const last = trajectory.at(-1)
  const noise =
    reference === undefined || last === undefined
      ? new Map<bigint, ModelSignal>()
      : await leftOut.unlessBroken([reference.modelId], 'noise signals', () =>
          noiseSignals(last, seen, evaluation, corpusOf(last), settings.seed, windows =>
            runOptions(input, 'noise', windows),
          ),
        )
  const usage = new Map(
    models.flatMap(model => {
      const paid = outputs.filter(({ modelId }) => modelId === model.modelId)
      if (paid.length === 0 || leftOut.reasons.has(model.modelId)) return []
      return [[model.modelId, usageOf(model, paid, scores)] as const]
    }),
  )
  return {
    value: valueOf(noise === undefined ? [] : seen, Number(settings.clipQuantile)),
    usage,
    noise: noise ?? new Map(),
    leftOut: leftOut.reasons,
    receipt: scoringReceipt(
      settings,
      tasks.filter(({ key }) => scores.has(key)),
    ),
  }
}

/** The checkpoints of a model's lineage, base first, early to late. */
function trajectoryOf(model: ScoringModel, tasks: readonly CheckpointTask[]): CheckpointTask[] {
  const byKey = new Map(tasks.map(task => [task.key, task]))
  return model.links.flatMap(link =>
    link.checkpoints.flatMap(({ digest }) => byKey.get(checkpointKey(model, link, digest)) ?? []),
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

/** One corpus per tokenizer that can be read. */
async function corporaOf(
  tasks: readonly CheckpointTask[],
  { files, settings }: ScoreInput,
  leftOut: LeftOut,
): Promise<Map<string, Corpus>> {
  const byId = new Map(files.map(file => [file.id, file]))
  const corpora = new Map<string, Corpus>()
  for (const json of new Set(tasks.map(({ tokenizer }) => tokenizer))) {
    const modelIds = tasks.flatMap(task => (task.tokenizer === json ? task.modelIds : []))
    const corpus = await leftOut.unlessBroken(
      modelIds,
      'tokenizer',
      () => new Corpus(json, byId, settings.windowTokens),
    )
    if (corpus !== undefined) corpora.set(json, corpus)
  }
  return corpora
}

function runOptions({ workers, signal, onProgress }: ScoreInput, stage: string, total: number): RunOptions {
  let done = 0
  const onWindows = (count: number): void => {
    done += count
    onProgress?.({ stage, done, total })
  }
  return { workers, onWindows, ...(signal && { signal }) }
}
