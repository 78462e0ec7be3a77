import { type Outputs, type SessionPool, counterBytes } from '@open-datanets/onnx-engine'
import type { ShardDocument, ShardOptions } from '../../../domain'
import { AttributionOracleError } from '../../../errors'
import { BATCH, type Row, batched, feedsOf } from '../batches'
import { type FeatureCodes, quantiseFeatures } from '../featureCodes'
import { finiteOutput } from '../finite'
import type { FisherFactor } from '../fisher'
import type { Window } from '../windows'
import type { PartialSums } from './shardResult'

/** One shard on its way through a graph. */
export interface Pass {
  readonly pool: SessionPool
  readonly document: ShardDocument
  readonly windows: readonly Window[]
  readonly options: ShardOptions
}

/** Projected gradients of each window under labels that the model itself draws, as codes. */
export async function curvaturePass(
  pass: Pass,
  before: number,
  sizes: readonly number[],
): Promise<FeatureCodes> {
  const { seed, graph, windowTokens } = pass.document
  const labels = counterBytes(seed, 'fisher labels', graph)
  for (let drawn = before * BATCH * windowTokens; drawn > 0; drawn--) labels.uint32()
  const batches = batched(pass.windows.map(window => ({ owner: 0, window })))
  const features = await run(pass, batches, outputs => finiteOutput(outputs, 'features'), labels)
  const dims = sizes.reduce((sum, size) => sum + size, 0)
  const rows = features.flatMap((data, index) =>
    batches[index]!.map((_, row) => data.subarray(row * dims, (row + 1) * dims)),
  )
  return quantiseFeatures(rows, sizes)
}

/** Gradients, losses and self-influence, summed over each passage within each batch. */
export async function featuresPass(
  pass: Pass,
  fisher: FisherFactor,
  sizes: readonly number[],
): Promise<PartialSums> {
  const { passages } = pass.document
  const owners = passages.flatMap(({ from, to }, owner) => Array.from({ length: to - from }, () => owner))
  const batches = batched(pass.windows.map((window, index) => ({ owner: owners[index]!, window })))
  const dims = sizes.reduce((sum, size) => sum + size, 0)
  const sums = await run(pass, batches, (outputs, batch) => sumBatch(outputs, batch, dims, fisher))
  const rows = sums.flat()
  const features = new Float64Array(rows.length * dims)
  rows.forEach((row, index) => features.set(row.features, index * dims))
  return {
    features: holdable(features, 'features'),
    losses: holdable(
      Float64Array.from(rows, ({ loss }) => loss),
      'losses',
    ),
    selfInfluence: holdable(
      Float64Array.from(rows, row => row.selfInfluence),
      'self-influence',
    ),
  }
}

/** Losses without gradients, of every window: a third of a features pass. */
export async function lossesPass(pass: Pass): Promise<Float32Array> {
  const batches = batched(pass.windows.map(window => ({ owner: 0, window })))
  const losses = await run(pass, batches, (outputs, batch) =>
    finiteOutput(outputs, 'loss').subarray(0, batch.length),
  )
  return Float32Array.from(losses.flatMap(part => [...part]))
}

function run<T>(
  { pool, options: { onDone, signal } }: Pass,
  batches: Row[][],
  read: (outputs: Outputs, batch: readonly Row[]) => T,
  labels?: { uint32(): number },
): Promise<T[]> {
  return pool.map(
    feedsOf(batches, labels),
    (outputs, index) => {
      const batch = batches[index]!
      onDone?.(batch.length)
      return read(outputs, batch)
    },
    signal && { signal },
  )
}

/** @throws AttributionOracleError SCORING_FAILED for a sum that no float32 can hold */
function holdable(sums: Float64Array, what: string): Float64Array {
  const beyond = sums.find(sum => !Number.isFinite(Math.fround(sum)))
  if (beyond === undefined) return sums
  const reason = `${what} sum up to ${beyond}, beyond float32`
  throw new AttributionOracleError('SCORING_FAILED', { what: reason }, { step: what, reason })
}

interface BatchSum {
  readonly features: Float64Array
  loss: number
  selfInfluence: number
}

function sumBatch(outputs: Outputs, batch: readonly Row[], dims: number, fisher: FisherFactor): BatchSum[] {
  const features = finiteOutput(outputs, 'features')
  const losses = finiteOutput(outputs, 'loss')
  const sums: BatchSum[] = []
  batch.forEach(({ owner }, row) => {
    if (owner !== batch[row - 1]?.owner)
      sums.push({ features: new Float64Array(dims), loss: 0, selfInfluence: 0 })
    const sum = sums.at(-1)!
    for (let index = 0; index < dims; index++) sum.features[index]! += features[row * dims + index]!
    sum.loss += losses[row]!
    sum.selfInfluence += fisher.energy(features, row * dims)
  })
  return sums
}
