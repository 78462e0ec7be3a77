import type { CheckpointCapture, ScoreMatrix } from '../capture'
import { Linear } from '../linear/linear'
import { methodNamed } from '../methods'
import type { Base } from './candidates'
import { type Fit, fitOf } from './modelFacts'

/** Where captures come from: the caller decides whether they are kept, recomputed or read from disk. */
export interface CheckpointSource {
  capture(checkpoint: number): Promise<CheckpointCapture>
}

export interface BaseScoresOptions {
  readonly seed: string
  /** bytes of one checkpoint's matrices */
  readonly memory: number
  /** bytes of score matrices that may be kept so that nothing is scored twice */
  readonly kept: number
}

/** Scores of methods at checkpoints, each computed once while they fit. */
export class BaseScores {
  readonly #kept = new Map<string, ScoreMatrix>()
  readonly #fits = new Map<number, Fit>()
  #room: number
  #linear: Linear | undefined
  #open: { readonly checkpoint: number; readonly capture: CheckpointCapture } | undefined

  constructor(
    private readonly source: CheckpointSource,
    private readonly options: BaseScoresOptions,
  ) {
    this.#room = options.kept
  }

  /** The last checkpoint's capture stays, because neighbours ask for the same one. */
  async capture(checkpoint: number): Promise<CheckpointCapture> {
    if (this.#open?.checkpoint !== checkpoint)
      this.#open = { checkpoint, capture: await this.source.capture(checkpoint) }
    return this.#open.capture
  }

  async fit(checkpoint: number): Promise<Fit> {
    const known = this.#fits.get(checkpoint)
    if (known) return known
    const fit = fitOf(await (await this.capture(checkpoint)).train('loss'))
    this.#fits.set(checkpoint, fit)
    return fit
  }

  async at(base: Base, checkpoint: number): Promise<ScoreMatrix> {
    const key = `${checkpoint} ${base.id}`
    const known = this.#kept.get(key)
    if (known) return known
    const { seed, memory } = this.options
    const settings = { memory, seed: `${seed}/${checkpoint}`, ...base.settings }
    this.#linear ??= await Linear.open()
    const scores = await methodNamed(base.method).score(
      await this.capture(checkpoint),
      settings,
      this.#linear,
    )
    const bytes = scores.data.byteLength
    if (bytes <= this.#room) {
      this.#room -= bytes
      this.#kept.set(key, scores)
    }
    return scores
  }
}
