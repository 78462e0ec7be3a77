import type { ScoreInput, ScoringModel, ShardRunner } from '../../domain'
import { isFault } from '../../errors'
import { type Computing, captureCheckpoint } from './captureCheckpoint'
import type { Corpus } from './corpus'
import type { CheckpointCodes, EpochCodes } from './epochCodes'
import { LeftOut } from './leftOut'
import { orderLosses } from './orderLosses'
import { type CheckpointTask, checkpointKey } from './plan'
import { countWindows } from './progress'

/** What the networks say of an epoch. */
export interface Captured extends EpochCodes {
  /** [checkpoints]: what each was asked */
  readonly scored: readonly CheckpointTask[]
  /** Checkpoints of the reference model's lineage, base first; none where it cannot be measured. */
  readonly trajectory: readonly CheckpointTask[]
  readonly leftOut: LeftOut
}

export interface StageAInput {
  readonly tasks: readonly CheckpointTask[]
  readonly corpusOf: (task: CheckpointTask) => Corpus
  readonly reference: ScoringModel | undefined
  readonly input: ScoreInput
}

/**
 * Everything of an epoch that floats of another machine could enter. Where a result that was used turns out to be a
 * liar's, all begins again: what was computed honestly is not computed twice.
 * @param known models that are left out already
 */
export async function stageA(asked: StageAInput, shards: ShardRunner, known: LeftOut): Promise<Captured> {
  for (;;) {
    try {
      return await capture(asked, shards, new LeftOut(asked.input.signal, known))
    } catch (error) {
      if (!isFault(error, 'WORK_WITHDRAWN')) throw error
    }
  }
}

async function capture(asked: StageAInput, shards: ShardRunner, leftOut: LeftOut): Promise<Captured> {
  const { tasks, corpusOf, reference, input } = asked
  const evaluation = input.evaluation.map(({ bytes }) => bytes)
  const computing = (stage: string, total: number): Computing => progressing(input, shards, stage, total)
  const options = computing('score', countWindows(tasks, corpusOf, evaluation, input.settings.fisherSamples))
  const captures = startedAhead(tasks, shards.ahead, task =>
    captureCheckpoint(task, corpusOf(task), evaluation, input.settings, options),
  )
  const scored: CheckpointTask[] = []
  const checkpoints: CheckpointCodes[] = []
  for (const [index, task] of tasks.entries()) {
    if (leftOut.hasAll(task.modelIds)) continue
    const codes = await leftOut.unlessBroken(task.modelIds, `checkpoint ${task.digest}`, () =>
      captures(index),
    )
    if (codes === undefined) continue
    scored.push(task)
    checkpoints.push(codes)
  }
  const measured = reference !== undefined && !leftOut.reasons.has(reference.modelId)
  const trajectory = measured ? trajectoryOf(reference, tasks) : []
  const last = trajectory.at(-1)
  const order =
    reference === undefined || last === undefined
      ? undefined
      : await leftOut.unlessBroken([reference.modelId], 'noise signals', () =>
          orderLosses(last, evaluation, corpusOf(last), input.settings, windows =>
            computing('noise', windows),
          ),
        )
  return { scored, checkpoints, order, trajectory, leftOut }
}

/** Work on an item begins at the latest when it is asked for, and up to `ahead - 1` items before. */
function startedAhead<T, R>(
  items: readonly T[],
  ahead: number,
  work: (item: T) => Promise<R>,
): (index: number) => Promise<R> {
  const begun = new Map<number, Promise<R>>()
  return index => {
    for (let next = index; next < Math.min(items.length, index + ahead); next++) {
      if (begun.has(next)) continue
      const started = work(items[next]!)
      // heard when it is asked for, which may be never
      started.catch(() => undefined)
      begun.set(next, started)
    }
    return begun.get(index)!
  }
}

/** The checkpoints of a model's lineage, base first, early to late. */
export function trajectoryOf(model: ScoringModel, tasks: readonly CheckpointTask[]): CheckpointTask[] {
  const byKey = new Map(tasks.map(task => [task.key, task]))
  return model.links.flatMap(link =>
    link.checkpoints.flatMap(({ digest }) => byKey.get(checkpointKey(model, link, digest)) ?? []),
  )
}

function progressing(
  { signal, onProgress }: ScoreInput,
  shards: ShardRunner,
  stage: string,
  total: number,
): Computing {
  let done = 0
  return {
    shards,
    onDone: windows => {
      // what has to be done again is not counted twice
      done = Math.min(total, done + windows)
      onProgress?.({ stage, done, total })
    },
    ...(signal && { signal }),
  }
}
