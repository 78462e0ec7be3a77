import {
  canonicalBytes,
  type Digest,
  type Passage,
  type ScoringSettings,
  SHARD_FORMAT,
  sha256,
  type Shard,
  type ShardDocument,
} from '../../../domain'
import { BATCH } from '../batches'
import type { Window } from '../windows'
import type { Sequence } from './sequences'

/**
 * Whole batches, so that cutting changes no batch, and with it no bit. Large enough that fetching and storing vanish
 * beside computing, small enough that a lost one costs little.
 */
const WINDOWS = 8 * BATCH

/** What a checkpoint's shards have in common. */
export interface Graph {
  readonly digest: Digest
  readonly bytes: Uint8Array
  /** tokenizer.json */
  readonly tokenizer: string
}

/** A shard of our own making: its windows are read already, and its passages belong to somebody. */
export class CutShard implements Shard {
  readonly bytes: Uint8Array
  readonly digest: Digest

  constructor(
    readonly document: ShardDocument,
    readonly content: ReadonlyMap<Digest, Uint8Array>,
    readonly windows: readonly Window[],
    /** [passages]: which of the sequences that were cut */
    readonly owners: readonly number[],
  ) {
    this.bytes = canonicalBytes(document)
    this.digest = sha256(this.bytes)
  }
}

/** One window of one of the sequences that are cut. */
interface Place {
  readonly owner: number
  readonly at: number
}

/** Cuts what one checkpoint is asked into shards. What nothing is asked of still gives one shard: the graph has to run. */
export class ShardCutter {
  private readonly tokenizer: { readonly digest: Digest; readonly bytes: Uint8Array }

  constructor(
    private readonly graph: Graph,
    private readonly settings: Pick<ScoringSettings, 'windowTokens' | 'seed' | 'projection' | 'damping'>,
  ) {
    const bytes = Buffer.from(graph.tokenizer)
    this.tokenizer = { digest: sha256(bytes), bytes }
  }

  /** @param sample windows in the order of the sample */
  curvature(sequences: readonly Sequence[], sample: readonly Place[]): CutShard[] {
    const { projection } = this.settings
    return this.#cut(sequences, sample, index => {
      return { kind: 'curvature', projection, before: (index * WINDOWS) / BATCH }
    })
  }

  /**
   * @param results of the curvature shards
   * @param tokens scored tokens of the curvature's sample
   */
  features(sequences: readonly Sequence[], results: readonly Uint8Array[], tokens: number): CutShard[] {
    const { projection, damping } = this.settings
    const curvature = results.map(bytes => [sha256(bytes), bytes] as const)
    const asked = {
      kind: 'features' as const,
      projection,
      damping,
      curvature: { results: curvature.map(([digest]) => digest), tokens },
    }
    return this.#cut(sequences, placesOf(sequences), () => asked, curvature)
  }

  losses(sequences: readonly Sequence[]): CutShard[] {
    return this.#cut(sequences, placesOf(sequences), () => ({ kind: 'losses' }))
  }

  #cut(
    sequences: readonly Sequence[],
    places: readonly Place[],
    asked: (index: number) => ShardDocument['asked'],
    content: readonly (readonly [Digest, Uint8Array])[] = [],
  ): CutShard[] {
    const count = Math.max(1, Math.ceil(places.length / WINDOWS))
    return Array.from({ length: count }, (_, index) => {
      const own = places.slice(index * WINDOWS, (index + 1) * WINDOWS)
      const { passages, owners } = passagesOf(sequences, own)
      const document: ShardDocument = {
        format: SHARD_FORMAT,
        version: 1,
        graph: this.graph.digest,
        tokenizer: this.tokenizer.digest,
        windowTokens: this.settings.windowTokens,
        seed: this.settings.seed,
        asked: asked(index),
        passages,
      }
      const read = [...new Set(owners)].map(owner => sequences[owner]!)
      const named = new Map([
        [this.graph.digest, this.graph.bytes],
        [this.tokenizer.digest, this.tokenizer.bytes],
        ...content,
        ...read.map(({ digest, bytes }) => [digest, bytes] as const),
      ])
      const windows = own.map(({ owner, at }) => sequences[owner]!.windows[at]!)
      return new CutShard(document, named, windows, owners)
    })
  }
}

/** Every window of every sequence. */
export function placesOf(sequences: readonly Sequence[]): Place[] {
  return sequences.flatMap(({ windows }, owner) => windows.map((_, at) => ({ owner, at })))
}

/** Neighbouring windows of one sequence are one passage. */
function passagesOf(sequences: readonly Sequence[], places: readonly Place[]) {
  const passages: Passage[] = []
  const owners: number[] = []
  for (const { owner, at } of places) {
    const { name, first } = sequences[owner]!
    const last = passages.at(-1)
    if (last !== undefined && owners.at(-1) === owner && last.to === first + at) last.to++
    else {
      passages.push({ ...name, from: first + at, to: first + at + 1 })
      owners.push(owner)
    }
  }
  return { passages, owners }
}
