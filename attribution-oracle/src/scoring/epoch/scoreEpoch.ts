import type { ScoreInput, ScoreResult, ShardRunner } from '../../domain'
import { clipDensity } from './clip'
import { committedCodes } from './committedCodes'
import { Corpus } from './corpus'
import type { CheckpointCodes } from './epochCodes'
import { LeftOut, asFault } from './leftOut'
import { type ModelSignal, noiseSignals } from './noiseSignals'
import { spanPart } from './outputSpans'
import { type CheckpointTask, modelOf, planCheckpoints } from './plan'
import { type Payable, payable } from './payable'
import { scoringReceipt } from './receipt'
import { type CheckpointScores, scoreCheckpoint } from './scoreCheckpoint'
import { sampledStageA } from './sampledStageA'
import { openLocalShards } from './shards/localShards'
import { stageA } from './stageA'
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
  return asFault('scoring', input.signal, async () => {
    if (input.shards) return score(input, input.shards)
    const local = openLocalShards(input)
    try {
      return await score(input, local)
    } finally {
      await local.close()
    }
  })
}

async function score(input: ScoreInput, shards: ShardRunner): Promise<EpochScores> {
  const { models, outputs, settings, referenceModelId, signal } = input
  const reference = referenceModelId === undefined ? undefined : modelOf(models, referenceModelId)
  const known = new LeftOut(signal)
  const planned = planCheckpoints(input)
  const corpora = await corporaOf(planned, input, known)
  const tasks = planned.filter(({ tokenizer }) => corpora.has(tokenizer))
  const corpusOf = ({ tokenizer }: { readonly tokenizer: string }): Corpus => corpora.get(tokenizer) as Corpus
  const asked = { tasks, corpusOf, reference, input }
  const sampled = await sampledStageA(asked, shards, known)
  const captured = sampled ?? (await stageA(asked, shards, known))
  const { scored, trajectory, order, leftOut } = captured
  const last = trajectory.at(-1)
  const own = { checkpoints: captured.checkpoints, order }
  const { codes, bytes } = sampled
    ? { codes: own, bytes: sampled.bytes }
    : await committedCodes(own, input.committed)

  // from here on the codes alone decide
  const scores = new Map(
    scored.map((task, index) => {
      const files = corpusOf(task).filesOf(task.contributionIds)
      const theirs = codes.checkpoints[index] as CheckpointCodes
      return [task.key, scoreCheckpoint(task, files, theirs, settings.damping)]
    }),
  )
  const seen = order === undefined ? [] : trajectory.map(({ key }) => scores.get(key) as CheckpointScores)
  const noise =
    codes.order === undefined || last === undefined
      ? new Map<bigint, ModelSignal>()
      : noiseSignals(seen, codes.order, corpusOf(last))
  const usage = new Map(
    models.flatMap(model => {
      const paid = outputs.filter(({ modelId }) => modelId === model.modelId)
      if (paid.length === 0 || leftOut.reasons.has(model.modelId)) return []
      return [
        [
          model.modelId,
          usageOf(model, paid, scores, spanPart(model, corpusOf(model), settings.spanWeight)),
        ] as const,
      ]
    }),
  )
  const estimates = estimatesOf(seen)
  return {
    value: bounded(estimates, seen, Number(settings.clipQuantile)),
    estimates,
    usage,
    noise,
    leftOut: leftOut.reasons,
    receipt: scoringReceipt(settings, scored, bytes),
    ...(bytes && { codes: bytes }),
  }
}

/** Sums over the trajectory, per held-out text, and what they come to: limits are per byte and follow later. */
function estimatesOf(trajectory: readonly CheckpointScores[]): Map<bigint, Payable> {
  const columns = trajectory.find(({ value }) => value !== undefined)?.value?.columns ?? 0
  const rows = new Map<bigint, Float64Array>()
  for (const { files, value } of trajectory)
    files.forEach(({ id }, index) => {
      const row = rows.get(id) ?? new Float64Array(columns)
      for (let c = 0; c < columns; c++) row[c]! += value?.data[index * columns + c] ?? 0
      rows.set(id, row)
    })
  const data = new Float64Array(rows.size * columns)
  ;[...rows.values()].forEach((row, index) => data.set(row, index * columns))
  const paid = payable({ rows: rows.size, columns, data }, new Float64Array(rows.size).fill(1), 1)
  return new Map([...rows.keys()].map((id, index) => [id, paid[index]!]))
}

/** The lower bounds, limited per byte. */
function bounded(
  estimates: ReadonlyMap<bigint, Payable>,
  trajectory: readonly CheckpointScores[],
  clipQuantile: number,
): Map<bigint, number> {
  const bytes = new Map(trajectory.flatMap(({ files }) => files.map(({ id, text }) => [id, text.length])))
  return clipDensity(new Map([...estimates].map(([id, { score }]) => [id, score])), bytes, clipQuantile)
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
