import {
  counterBytes,
  type PassOutput,
  type RunChoice,
  type Samples,
  type Tensor,
} from '@open-datanets/onnx-engine'
import type { Digest } from '../domain'
import type { Checkpoint } from './checkpoints'
import type { Passes, PassKind } from './passes'

// These are the shapes of scoring/capture.ts, which this island does not see.

type Direction = 'loss' | 'margin' | 'sampled' | { readonly row: number }

interface LayerCapture {
  readonly name: string
  readonly inWidth: number
  readonly outWidth: number
  readonly positions: number
  readonly inputs: Float32Array
  readonly gradients: Float32Array
}

export interface JobSampleCapture {
  readonly count: number
  readonly layers: readonly LayerCapture[]
  readonly loss: Float64Array
  readonly probability?: Float64Array
  readonly outputs?: Float32Array
  readonly scored?: Int32Array
}

export interface CaptureOptions {
  readonly seed: string
  readonly signal?: AbortSignal
  /** called as a pass goes on, with samples done */
  readonly onProgress?: (done: number, total: number) => void
}

/** More rows of the Fisher than this cost more passes than they are worth. */
const MOST_CLASSES = 256

/**
 * One checkpoint's view of the job's samples, each direction computed when it is first asked for and kept, but for the
 * rows of the Fisher, which are asked for once each. Layer inputs do not depend on the direction and are kept once.
 */
export class CheckpointView {
  readonly classes: number | undefined
  private readonly known = new Map<string, Promise<JobSampleCapture>>()
  private readonly inputs = new Map<string, Float32Array>()

  constructor(
    private readonly passes: Passes,
    private readonly checkpoint: Checkpoint,
    private readonly samples: { readonly train: Samples; readonly query: Samples | undefined },
    private readonly options: CaptureOptions,
  ) {
    const { outputs } = passes
    this.classes = outputs !== undefined && outputs <= MOST_CLASSES ? outputs : undefined
  }

  train(direction: Direction): Promise<JobSampleCapture> {
    const { train } = this.samples
    if (typeof direction === 'object')
      return this.capture('train', train, 'fisher-row', { row: direction.row })
    const uniforms =
      direction === 'sampled'
        ? { uniforms: uniformsOf(this.options.seed, this.checkpoint.digest, train.targets) }
        : {}
    return this.once(`train ${direction}`, () => this.capture('train', train, direction, uniforms))
  }

  query(direction: 'loss' | 'margin'): Promise<JobSampleCapture> {
    // Without queries the question is what every sample did for itself.
    const { query } = this.samples
    if (!query) return this.train(direction)
    return this.once(`query ${direction}`, () => this.capture('query', query, direction, {}))
  }

  private once(name: string, make: () => Promise<JobSampleCapture>): Promise<JobSampleCapture> {
    const known = this.known.get(name) ?? make()
    this.known.set(name, known)
    return known
  }

  private async capture(
    part: 'train' | 'query',
    samples: Samples,
    direction: PassKind,
    choice: Pick<RunChoice, 'row' | 'uniforms'>,
  ): Promise<JobSampleCapture> {
    const { signal, onProgress } = this.options
    const output = await this.passes.run(this.checkpoint, direction, samples, {
      ...choice,
      ...(signal && { signal }),
      ...(onProgress && { onProgress: (done: number) => onProgress(done, samples.count) }),
    })
    return this.captureOf(part, samples.count, output)
  }

  private captureOf(part: string, count: number, output: PassOutput): JobSampleCapture {
    const layers = output.layers.map(({ layer, positions, inputs, gradients }) => {
      const { name, inWidth, outWidth } = layer
      const key = `${part} ${name}`
      const kept = this.inputs.get(key) ?? inputs
      this.inputs.set(key, kept)
      return { name, inWidth, outWidth, positions, inputs: kept, gradients }
    })
    const { loss, scored, probability, outputs } = output
    const flat = outputs.dims.length === 2 && outputs.data instanceof Float32Array && outputs.data.length > 0
    return {
      count,
      layers,
      loss,
      scored,
      ...(probability && { probability }),
      ...(flat && { outputs: outputs.data as Float32Array }),
    }
  }
}

/** One number in [0, 1) per target: the same for the same seed and checkpoint on every machine. */
export function uniformsOf(seed: string, checkpoint: Digest, targets: Tensor): Float32Array {
  const stream = counterBytes(seed, `labels ${checkpoint}`)
  // Rounding to float32 may give 1, which is no uniform number.
  return Float32Array.from({ length: targets.data.length }, () => Math.min(stream.uniform(), 1 - 2 ** -24))
}
