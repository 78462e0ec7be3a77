import type { Digest } from './content'
import type { ShardDocument } from './documents'

/** A shard with the bytes behind it: what is computed is a function of `digest` alone. */
export interface Shard {
  /** of `bytes` */
  readonly digest: Digest
  /** canonical JSON of `document` */
  readonly bytes: Uint8Array
  readonly document: ShardDocument
  /** everything that contentOf(document) names */
  readonly content: ReadonlyMap<Digest, Uint8Array>
}

export interface ShardOptions {
  /** called with the windows that were just done */
  onDone?: (windows: number) => void
  signal?: AbortSignal
}

/** Computes shards somewhere. */
export interface ShardRunner {
  /** checkpoints that are worth having under way at once: 1 where all shards share one machine */
  readonly ahead: number
  /**
   * Results in the order of the shards.
   * @throws AttributionOracleError WORK_WITHDRAWN when a result that an earlier call gave has turned out to be a liar's:
   * everything has to be asked for again (what is good is remembered), and else whatever computing a shard throws
   */
  run(shards: readonly Shard[], options?: ShardOptions): Promise<Uint8Array[]>
}

/** Computes shards on this machine, and can tell what others' results are worth. */
export interface ShardComputer extends ShardRunner {
  /** Bytes of the one form that a result of this shard can have. Throws for a graph that cannot be differentiated. */
  sizeOf(shard: Shard): number
  /** @throws AttributionOracleError INVALID_DOCUMENT for bytes that cannot be a result of this shard */
  check(shard: Shard, result: Uint8Array): void
  /** Whether two machines can both have computed these honestly. Both have to have passed `check`. */
  agree(shard: Shard, ours: Uint8Array, theirs: Uint8Array): boolean
  /** Whether a failure of `run` lies in what the shard names, so that every machine meets it. */
  isOfContent(error: unknown): boolean
  /** Frees the sessions; they open again when they are needed. */
  close(): Promise<void>
}
