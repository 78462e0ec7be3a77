import { counterBytes } from '@open-datanets/onnx-engine'
import type { ScoreInput, ShardRunner } from '../../domain'
import { isFault } from '../../errors'
import { heldOut } from './captureCheckpoint'
import { codesNear, near } from './codesAgree'
import { type CheckpointCodes, decodeEpochCodes, type EpochCodes } from './epochCodes'
import { type FeatureCodes, quantiseFeatures } from './featureCodes'
import { LeftOut } from './leftOut'
import type { CheckpointTask } from './plan'
import { type CutShard, placesOf, ShardCutter } from './shards/cutShards'
import {
  answerSequences,
  fileSequence,
  type Sequence,
  shuffledSequence,
  textSequence,
} from './shards/sequences'
import { decodeShardResult, encodeShardResult } from './shards/shardResult'
import { addLosses, addSums } from './shards/sums'
import { type Captured, type StageAInput, trajectoryOf } from './stageA'

/** Published codes larger than this are not read without computing how many there have to be. */
const MOST_BYTES = 2 ** 30

/** Codes that were taken over, and their bytes. */
export type Sampled = Captured & { readonly bytes: Uint8Array }

/**
 * Takes over the codes that somebody committed to, after a random sample of them has been computed again: some shards of
 * the curvature, and so many of the files, answers, held-out texts and shuffled files. The rule is that of all codes
 * (codesAgree), of the rows of the sample. A lie about a share p of the rows stays unseen with probability (1 - p)^k for
 * k rows of the sample.
 * @returns undefined where the codes cannot be had, leave anything out or differ: then everything has to be computed
 */
export async function sampledStageA(
  asked: StageAInput,
  shards: ShardRunner,
  known: LeftOut,
): Promise<Sampled | undefined> {
  const { input, tasks, reference } = asked
  const bytes = input.rescore && (await input.committed?.(MOST_BYTES))
  const codes = bytes && readCodes(bytes)
  if (!codes || codes.checkpoints.length !== tasks.length) return undefined
  const leftOut = new LeftOut(input.signal, known)
  for (const [index, task] of tasks.entries()) {
    const theirs = codes.checkpoints[index]!
    const honest = await leftOut.unlessBroken(task.modelIds, `checkpoint ${task.digest}`, () =>
      checkpointHolds(asked, shards, task, theirs),
    )
    if (!honest) return undefined
  }
  const measured = reference !== undefined && !leftOut.reasons.has(reference.modelId)
  const trajectory = measured ? trajectoryOf(reference, tasks) : []
  const last = trajectory.at(-1)
  if ((codes.order === undefined) !== (last === undefined)) return undefined
  if (last && !(await orderHolds(asked, shards, last, codes.order!))) return undefined
  return { ...codes, bytes, scored: tasks, trajectory, leftOut }
}

async function checkpointHolds(
  { corpusOf, input }: StageAInput,
  shards: ShardRunner,
  task: CheckpointTask,
  theirs: CheckpointCodes,
): Promise<boolean> {
  const { settings } = input
  const corpus = corpusOf(task)
  const files = corpus.filesOf(task.contributionIds).map(fileSequence)
  const answers = answerSequences(task.outputs, corpus)
  const held = task.measuresValue
    ? heldOut(
        input.evaluation.map(each => each.bytes),
        corpus,
      )
    : []
  const sample = counterBytes(settings.seed, 'fisher windows')
    .shuffle(placesOf(files))
    .slice(0, settings.fisherSamples)
  const tokens = sample.reduce((sum, { owner, at }) => sum + files[owner]!.windows[at]!.scored, 0)
  const heldTokens = held.flatMap(({ windows }) => windows).reduce((sum, { scored }) => sum + scored, 0)
  const parts = [
    { sequences: files, codes: theirs.files, losses: true },
    { sequences: answers, codes: theirs.outputs, losses: false },
    { sequences: held, codes: theirs.held, losses: false },
  ]
  if (theirs.digest !== task.digest || theirs.curvatureTokens !== tokens || theirs.heldTokens !== heldTokens)
    return false
  if (theirs.curvature.rows !== sample.length) return false
  if (parts.some(({ sequences, codes }) => codes.rows !== sequences.length)) return false

  const cutter = new ShardCutter(task, settings)
  const cut = cutter.curvature(files, sample)
  const curvature = curvatureResults(cut, theirs.curvature)
  for (const at of drawn(input, `curvature ${task.digest}`, cut.length)) {
    const [ours] = await shards.run([cut[at]!], optionsOf(input))
    const { digest, document } = cut[at]!
    const [a, b] = [ours!, curvature[at]!].map(each => decodeShardResult(digest, document, each))
    if (a?.kind !== 'curvature' || b?.kind !== 'curvature' || !codesNear(a.codes, b.codes)) return false
  }
  for (const [index, { sequences, codes, losses }] of parts.entries()) {
    const rows = drawn(input, `part ${index} ${task.digest}`, sequences.length)
    if (rows.length === 0) continue
    const chosen = rows.map(row => sequences[row]!)
    const asked = cutter.features(chosen, curvature, tokens)
    const sums = addSums(chosen.length, asked, await shards.run(asked, optionsOf(input)))
    if (!codesNear(quantiseFeatures(sums.features, codes.sizes), rowsOf(codes, rows))) return false
    if (losses && !near(sums.losses, pick(theirs.losses, rows))) return false
    if (losses && !near(sums.selfInfluence, pick(theirs.selfInfluence, rows))) return false
  }
  return true
}

/** Shuffled files by sample; what is held out comes to two numbers alone, which need all of it. */
async function orderHolds(
  { corpusOf, input }: StageAInput,
  shards: ShardRunner,
  task: CheckpointTask,
  theirs: NonNullable<EpochCodes['order']>,
): Promise<boolean> {
  const corpus = corpusOf(task)
  const files = corpus.filesOf(task.contributionIds)
  if (theirs.shuffled.length !== files.length) return false
  const { seed } = input.settings
  const rows = drawn(input, `order ${task.digest}`, files.length)
  const texts = input.evaluation.map(({ bytes }) => bytes)
  const sequences: Sequence[] = [
    ...rows.map(row => shuffledSequence(files[row]!.text, corpus, seed, String(files[row]!.id))),
    ...texts.map(text => textSequence(text, corpus.windowsOfText(text))),
    ...texts.map((text, index) => shuffledSequence(text, corpus, seed, `held out ${index}`)),
  ]
  const cut = new ShardCutter(task, input.settings).losses(sequences)
  const losses = addLosses(sequences.length, cut, await shards.run(cut, optionsOf(input)))
  const [plain, shuffled] = [losses.subarray(rows.length, -texts.length), losses.subarray(-texts.length)]
  const held = texts.length === 0 ? [0, 0] : [total(plain), total(shuffled)]
  return (
    near(losses.subarray(0, rows.length), pick(theirs.shuffled, rows)) &&
    near(Float64Array.from(held), theirs.held)
  )
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** The committed curvature as its shards would have given it. */
function curvatureResults(cut: readonly CutShard[], codes: FeatureCodes): Uint8Array[] {
  let start = 0
  return cut.map(({ digest, windows }) => {
    const rows = windows.map((_, index) => start + index)
    start += windows.length
    return encodeShardResult(digest, { kind: 'curvature', codes: rowsOf(codes, rows) })
  })
}

function drawn({ rescore }: ScoreInput, what: string, count: number): number[] {
  const { share, seed } = rescore!
  const all = Array.from({ length: count }, (_, index) => index)
  return counterBytes(seed, what)
    .shuffle(all)
    .slice(0, Math.ceil(count * share))
    .sort((a, b) => a - b)
}

function rowsOf({ sizes, codes, scales }: FeatureCodes, rows: readonly number[]): FeatureCodes {
  const dims = sizes.reduce((sum, size) => sum + size, 0)
  const out = {
    sizes,
    rows: rows.length,
    codes: new Int8Array(rows.length * dims),
    scales: new Float32Array(rows.length * sizes.length),
  }
  rows.forEach((row, index) => {
    out.codes.set(codes.subarray(row * dims, (row + 1) * dims), index * dims)
    out.scales.set(scales.subarray(row * sizes.length, (row + 1) * sizes.length), index * sizes.length)
  })
  return out
}

function pick(values: Float64Array, rows: readonly number[]): Float64Array {
  return Float64Array.from(rows, row => values[row]!)
}

function readCodes(bytes: Uint8Array): EpochCodes | undefined {
  try {
    return decodeEpochCodes(bytes)
  } catch (error) {
    if (isFault(error, 'INVALID_DOCUMENT')) return undefined
    throw error
  }
}

function optionsOf({ signal }: ScoreInput): { signal?: AbortSignal } {
  return signal ? { signal } : {}
}
