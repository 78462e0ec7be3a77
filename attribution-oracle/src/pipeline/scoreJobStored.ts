import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FeatureStore, type FeatureIdentity } from '../featureStore'
import {
  keysOfSamples,
  pickRows,
  rowsOf,
  uniformsOf,
  type Checkpoint,
  type NamedDigest,
  type Passes,
} from '../job'
import { estimateValues, UsageTotal, type CheckpointValues } from '../scoring/methods'
import { BlockCurvature } from './scoreJobCurvature'
import { runOf, type Answer, type ExactChoice, type Scoring } from './scoreJobExact'

/** Samples whose labels are drawn to estimate the curvature: enough for blocks of a few hundred dimensions. */
const FISHER_SAMPLES = 4096
/** Samples of a pass, so that memory does not grow with their number. */
const AT_ONCE = 4096
/** More rows of the curvature than this cost more than drawn labels. */
const MOST_ROWS = 16
const DRAWS = 2
const PROJECTION = 16
const DAMPING = 0.1

export interface StoredRun {
  readonly answer: Answer
  /** features that were computed, and those that the stores had already */
  readonly computed: number
  readonly known: number
}

/**
 * LoGra over features on disk: per checkpoint the projected gradients of the training samples in a feature store, the
 * expected Fisher of a sample of them at drawn labels, a block solve for the queries, and one pass over the store.
 * Memory does not grow with the samples but for the answer; samples that a kept store has are not computed again.
 */
export async function scoreStored(scoring: Scoring, choice: ExactChoice): Promise<StoredRun> {
  const { loaded } = scoring
  const folder = loaded.job.features && loaded.pathOf(loaded.job.features)
  const place = folder ?? (await mkdtemp(join(tmpdir(), 'open-datanets-features-')))
  try {
    return await scoreIn(place, scoring, choice)
  } finally {
    if (folder === undefined) await rm(place, { recursive: true, force: true })
  }
}

async function scoreIn(folder: string, scoring: Scoring, choice: ExactChoice): Promise<StoredRun> {
  const { loaded, onCheckpoint } = scoring
  const { train, job } = loaded
  const keys = keysOfSamples(train)
  const found: CheckpointValues[] = []
  let total: UsageTotal | undefined
  let computed = 0
  for (const [done, index] of choice.checkpoints.entries()) {
    const checkpoint = await loaded.checkpoints.load(index)
    onCheckpoint(done, choice.checkpoints.length, checkpoint)
    const own = new StoredCheckpoint(scoring, choice, checkpoint)
    const store = await FeatureStore.open(join(folder, checkpoint.digest.slice(2, 18)), await own.identity())
    try {
      computed += await own.add(store, keys)
      const positions = store.positions(keys)
      const fisher = await own.fisher()
      const queries = await own.queries(fisher)
      if (job.question === 'value') {
        const mean = queries[0]!.map(
          (_, j) => queries.reduce((sum, query) => sum + query[j]!, 0) / queries.length,
        )
        found.push({ run: runOf(loaded, index), values: taken(await store.products([mean]), positions, 1) })
      } else {
        const data = taken(await store.products(queries), positions, queries.length)
        const scores = { rows: keys.length, columns: queries.length, data }
        total ??= new UsageTotal(scores)
        total.add(scores)
      }
    } finally {
      await store.close()
    }
  }
  onCheckpoint(choice.checkpoints.length, choice.checkpoints.length)
  const known = choice.checkpoints.length * new Set(keys).size - computed
  return { answer: total ? { scores: total.scores() } : { values: estimateValues(found) }, computed, known }
}

/** What one checkpoint has to do with its store. */
class StoredCheckpoint {
  private readonly projection: { k: number; seed: string }

  constructor(
    private readonly scoring: Scoring,
    private readonly choice: ExactChoice,
    private readonly checkpoint: Checkpoint,
  ) {
    const { projection = PROJECTION, seed = '' } = choice.settings
    this.projection = { k: projection, seed: `${seed}/${checkpoint.digest}` }
  }

  async identity(): Promise<FeatureIdentity> {
    const { passes, loaded } = this.scoring
    const layers = await passes.featureLayers(this.checkpoint, this.projection)
    return {
      model: loaded.files.find(({ name }: NamedDigest) => name === 'model')!.digest,
      checkpoint: this.checkpoint.digest,
      direction: 'loss',
      projection: this.projection,
      layers,
      engine: `onnxruntime ${loaded.runtime}, ${passes.computedOn!.used}`,
    }
  }

  add(store: FeatureStore, keys: ReturnType<typeof keysOfSamples>): Promise<number> {
    const { loaded, capture } = this.scoring
    let done = 0
    const compute = async (indices: readonly number[]): Promise<Float32Array> => {
      const { features } = await this.features('loss', pickRows(loaded.train, indices))
      capture.onProgress?.((done += indices.length), loaded.train.count)
      return features
    }
    return store.append(loaded.job.epoch, keys, compute, capture.signal)
  }

  /** From all rows of the loss's curvature where they are few, else from labels that are drawn. */
  async fisher(): Promise<BlockCurvature> {
    const { loaded, capture, passes } = this.scoring
    const { train, job } = loaded
    const curvature = await BlockCurvature.open((await this.identity()).layers.map(({ dims }) => dims))
    const count = Math.min(FISHER_SAMPLES, train.count)
    // Every ⌊n/count⌋-th row: the rows of one contributor often stand together.
    const indices = Array.from({ length: count }, (_, i) => Math.floor((i * train.count) / count))
    const sample = pickRows(train, indices)
    const { outputs } = passes
    const isExact = job.task !== 'causal-lm' && outputs !== undefined && outputs <= MOST_ROWS
    const choices = isExact
      ? Array.from({ length: outputs }, (_, row) => ({ row }))
      : Array.from({ length: DRAWS }, (_, draw) => ({
          uniforms: uniformsOf(`${capture.seed}/${draw}`, this.checkpoint.digest, sample.targets),
        }))
    for (const [i, choice] of choices.entries()) {
      const { features, scored } = await this.features(isExact ? 'fisher-row' : 'sampled', sample, choice)
      // All rows of a sample make one curvature; every draw makes one of its own.
      const positions = scored.reduce((sum, of) => sum + of, 0)
      curvature.add(features, !isExact || i === 0 ? positions : 0)
    }
    curvature.factor(Number(this.choice.settings.damping ?? DAMPING))
    return curvature
  }

  /** (F + λI)⁻¹ of the gradient of each query's loss. */
  async queries(curvature: BlockCurvature): Promise<Float64Array[]> {
    const query = this.scoring.loaded.query!
    const solved: Float64Array[] = []
    for (let from = 0; from < query.count; from += AT_ONCE) {
      const part = rowsOf(query, from, Math.min(query.count, from + AT_ONCE))
      const { features, scored } = await this.features('loss', part)
      solved.push(
        ...curvature.solve(
          features,
          Array.from(scored, count => 1 / Math.max(1, count)),
        ),
      )
    }
    return solved
  }

  private features(
    direction: 'loss' | 'sampled' | 'fisher-row',
    samples: Parameters<Passes['features']>[3],
    of: { readonly row?: number; readonly uniforms?: Float32Array } = {},
  ): ReturnType<Passes['features']> {
    const { passes, capture } = this.scoring
    const { signal } = capture
    const choice = { ...(signal && { signal }), ...of }
    return passes.features(this.checkpoint, direction, this.projection, samples, choice)
  }
}

/** Rows of the store in the order of the job. */
function taken(products: Float64Array, positions: Int32Array, columns: number): Float64Array {
  const data = new Float64Array(positions.length * columns)
  for (const [row, position] of positions.entries())
    data.set(products.subarray(position * columns, (position + 1) * columns), row * columns)
  return data
}
