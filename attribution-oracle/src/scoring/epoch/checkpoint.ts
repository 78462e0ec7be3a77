import {
  type Model,
  type Outputs,
  SessionPool,
  counterBytes,
  encodeModel,
  featureGraph,
} from '@open-datanets/onnx-engine'
import type { Digest, ScoringSettings } from '../../domain'
import { type Row, batched, feedsOf } from './batches'
import { finiteOutput } from './finite'
import { type FeatureCodes, quantiseFeatures } from './featureCodes'
import { type FisherFactor, factorOf } from './fisher'
import type { Window } from './windows'

/** What a sequence adds up to over its windows. */
export interface Summed {
  /** Projected gradient of the summed loss, all layers. */
  readonly features: Float64Array
  /** Nats, summed over scored tokens. */
  loss: number
  /** Squared length of the gradient in units of the curvature, summed over windows: how hard the text pulls. */
  selfInfluence: number
}

export interface RunOptions {
  readonly workers: number
  readonly signal?: AbortSignal
  /** Called with the number of windows that were just done. */
  readonly onWindows: (count: number) => void
}

/** A sequence's windows, summed under `owner`. */
export interface Sequence {
  readonly windows: readonly Window[]
}

/** One checkpoint, differentiated: sums projected gradients over sequences. */
export class Checkpoint {
  private constructor(
    private readonly pool: SessionPool,
    private readonly fisher: FisherFactor,
    private readonly options: RunOptions,
    /** What the curvature is estimated from, and the scored tokens behind it. */
    readonly curvature: FeatureCodes,
    readonly curvatureTokens: number,
  ) {}

  /**
   * Opens the graphs of one checkpoint and estimates its curvature.
   * @param windows what the checkpoint was trained on; the Fisher uses a seeded sample of them
   */
  static async open(
    { digest, forward }: { digest: Digest; forward: Model },
    windows: readonly Window[],
    settings: ScoringSettings,
    options: RunOptions,
  ): Promise<Checkpoint> {
    const { projection, seed } = settings
    const sampled = featureGraph(forward, { projection, seed, labels: 'sampled' })
    const sizes = sampled.layers.map(layer => layer.dims)
    const sample = counterBytes(seed, 'fisher windows').shuffle(windows).slice(0, settings.fisherSamples)
    const rows = await sampledFeatures(encodeModel(sampled.model), sizes, digest, sample, seed, options)
    const curvature = quantiseFeatures(rows, sizes)
    const tokens = sample.reduce((sum, { scored }) => sum + scored, 0)
    // from the codes already here: self-influence is measured in the curvature that everybody can compute
    const fisher = factorOf(curvature, tokens, settings.damping)
    const { model } = featureGraph(forward, { projection, seed, labels: 'targets' })
    const pool = await SessionPool.create({ model: encodeModel(model), workers: options.workers })
    return new Checkpoint(pool, fisher, options, curvature, tokens)
  }

  /** Features of each layer. */
  get sizes(): readonly number[] {
    return this.curvature.sizes
  }

  /** Sums every sequence's windows; results in the order of the sequences. */
  async sum(sequences: readonly Sequence[]): Promise<Summed[]> {
    const { fisher } = this
    const dims = this.sizes.reduce((sum, size) => sum + size, 0)
    const totals = sequences.map(() => ({ features: new Float64Array(dims), loss: 0, selfInfluence: 0 }))
    const rows = sequences.flatMap(({ windows }, owner) => windows.map(window => ({ owner, window })))
    const batches = batched(rows)
    const partials = await this.pool.map(
      feedsOf(batches),
      (outputs, index) => {
        const batch = batches[index] as Row[]
        this.options.onWindows(batch.length)
        return sumBatch(outputs, batch, dims, fisher)
      },
      this.options,
    )
    // Batches end in any order; adding them up in theirs keeps the bits.
    for (const { owner, summed } of partials.flat()) {
      const total = totals[owner] as Summed
      for (let index = 0; index < dims; index++) total.features[index]! += summed.features[index] as number
      total.loss += summed.loss
      total.selfInfluence += summed.selfInfluence
    }
    return totals
  }

  close(): Promise<void> {
    return this.pool.close()
  }
}

/** Projected gradients of each window under labels that the model itself draws. */
async function sampledFeatures(
  model: Uint8Array,
  sizes: readonly number[],
  digest: Digest,
  windows: readonly Window[],
  seed: string,
  options: RunOptions,
): Promise<Float32Array[]> {
  const batches = batched(windows.map(window => ({ owner: 0, window })))
  const dims = sizes.reduce((sum, size) => sum + size, 0)
  const pool = await SessionPool.create({ model, workers: options.workers })
  try {
    const features = await pool.map(
      feedsOf(batches, counterBytes(seed, 'fisher labels', digest)),
      (outputs, index) => {
        options.onWindows(batches[index]?.length ?? 0)
        return finiteOutput(outputs, 'features')
      },
      options,
    )
    return features.flatMap((rows, index) =>
      (batches[index] ?? []).map((_, row) => rows.subarray(row * dims, (row + 1) * dims)),
    )
  } finally {
    await pool.close()
  }
}

function sumBatch(
  outputs: Outputs,
  batch: readonly Row[],
  dims: number,
  fisher: FisherFactor,
): { owner: number; summed: Summed }[] {
  const features = finiteOutput(outputs, 'features')
  const losses = finiteOutput(outputs, 'loss')
  const partials: { owner: number; summed: Summed }[] = []
  batch.forEach(({ owner }, row) => {
    let last = partials.at(-1)
    if (last?.owner !== owner) {
      last = { owner, summed: { features: new Float64Array(dims), loss: 0, selfInfluence: 0 } }
      partials.push(last)
    }
    const { summed } = last
    for (let index = 0; index < dims; index++)
      summed.features[index]! += features[row * dims + index] as number
    summed.loss += losses[row] as number
    summed.selfInfluence += fisher.energy(features, row * dims)
  })
  return partials
}
