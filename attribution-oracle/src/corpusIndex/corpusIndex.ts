import { makeFolder } from '@open-datanets/content-store'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Digest } from '../domain'
import { AttributionOracleError } from '../errors'
import { newestToMerge } from './compactionPlan'
import { DiskShard } from './diskShard'
import { remove } from './durable'
import { at } from './faults'
import { readManifest, writeManifest, type Manifest } from './manifest'
import { PageCache } from './pageCache'
import { checkDigests, readDescription, writeShard, type SortedText } from './shardFiles'

export interface CorpusIndexOptions {
  readonly folder: string
  /** bytes of text and suffix array that are kept in memory; 64 MiB by default */
  readonly cacheBytes?: number
  /** What is checked when a shard is opened: every byte of it against its digest (the default), or the sizes only. */
  readonly check?: 'digests' | 'sizes'
}

export interface CorpusIndexDependencies {
  /** Joins and sorts documents; `numbers` are theirs in the corpus, ascending. */
  sort(documents: readonly ArrayLike<number>[], numbers: Int32Array): SortedText
}

/** The documents that an epoch brought: numbers from `first`. */
export interface EpochDocuments {
  readonly epoch: number
  readonly first: number
  readonly documents: number
}

/**
 * The contributors' text on disk: a shard for each epoch, never changed, merged into larger ones now and then. Text
 * takes 2 bytes a token (3 where the vocabulary is beyond 65,535) and its suffix array 4. One process writes; others
 * may read, and open again what was merged under them. A crash leaves the index as it was before the step or after it.
 */
export class CorpusIndex {
  private constructor(
    private readonly options: CorpusIndexOptions,
    private readonly dependencies: CorpusIndexDependencies,
    private readonly cache: PageCache,
    private manifest: Manifest,
    private open: readonly DiskShard[],
  ) {}

  /** An empty index where the folder has none. @throws INDEX_CORRUPT, INDEX_UNREADABLE */
  static async open(
    options: CorpusIndexOptions,
    dependencies: CorpusIndexDependencies,
  ): Promise<CorpusIndex> {
    await at(options.folder, () => makeFolder(shardFolder(options)))
    const cache = new PageCache(options.cacheBytes ?? 64 * 2 ** 20)
    const index = new CorpusIndex(options, dependencies, cache, await readManifest(options.folder), [])
    await index.openShards()
    return index
  }

  /** What is searched, oldest documents first. Good until the next `append`, `compact` or `close`. */
  get shards(): readonly DiskShard[] {
    return this.open
  }

  get epochs(): readonly EpochDocuments[] {
    return this.manifest.epochs
  }

  /** Documents ever appended: the number of the next one. */
  get documents(): number {
    const last = this.manifest.epochs.at(-1)
    return last ? last.first + last.documents : 0
  }

  /**
   * Adds the documents of an epoch, in the order of their commits. An epoch that is in the index stays as it is, so
   * that a step which was cut off can be taken again.
   *
   * @throws INVALID_ARGUMENT an epoch before the last one that is not in the index, or one of another size
   */
  async append(epoch: number, documents: readonly ArrayLike<number>[]): Promise<EpochDocuments> {
    const known = this.manifest.epochs.find(entry => entry.epoch === epoch)
    if (known?.documents === documents.length) return known
    const last = this.manifest.epochs.at(-1)
    if (last && epoch <= last.epoch) throw outOfOrder(epoch, documents.length, known ?? last)
    const added = { epoch, first: this.documents, documents: documents.length }
    const numbers = Int32Array.from(documents, (_, i) => added.first + i)
    const shards = documents.length > 0 ? [await this.write(documents, numbers)] : []
    await this.replace({
      ...this.manifest,
      epochs: [...this.manifest.epochs, added],
      shards: [...this.manifest.shards, ...shards],
    })
    return added
  }

  /**
   * Merges the newest shards where that is due (see newestToMerge). Answers stay the same; the text of `withdrawn`
   * documents goes, and their numbers stay theirs. Returns how many shards were merged.
   */
  async compact(withdrawn: ReadonlySet<number> = new Set()): Promise<number> {
    const merged = newestToMerge(this.manifest.shards.map(({ length }) => length))
    if (merged > 0) await this.merge(merged, withdrawn)
    return merged
  }

  /** Merges all shards into one, if only to be rid of the text of `withdrawn` documents. */
  async compactAll(withdrawn: ReadonlySet<number> = new Set()): Promise<void> {
    if (this.open.length > 0) await this.merge(this.open.length, withdrawn)
  }

  /** Reads every byte. @throws INDEX_CORRUPT */
  async verify(): Promise<void> {
    const folder = shardFolder(this.options)
    for (const { digest } of this.manifest.shards)
      await checkDigests(folder, digest, await readDescription(folder, digest))
  }

  close(): void {
    for (const shard of this.open) shard.close()
    this.open = []
  }

  private async merge(newest: number, withdrawn: ReadonlySet<number>): Promise<void> {
    const kept = this.manifest.shards.slice(0, -newest)
    const texts: Int32Array[] = []
    const numbers: number[] = []
    for (const shard of this.open.slice(-newest)) {
      shard.documents.forEach((number, ordinal) => {
        if (withdrawn.has(number)) return
        texts.push(shard.tokens(ordinal))
        numbers.push(number)
      })
    }
    const shards = texts.length > 0 ? [await this.write(texts, Int32Array.from(numbers))] : []
    await this.replace({ ...this.manifest, shards: [...kept, ...shards] })
  }

  private async write(
    documents: readonly ArrayLike<number>[],
    numbers: Int32Array,
  ): Promise<Manifest['shards'][number]> {
    const text = this.dependencies.sort(documents, numbers)
    return { digest: await writeShard(shardFolder(this.options), text), length: text.suffixes.length }
  }

  /** The step at which a change takes effect; what is no longer part of the index is swept after it. */
  private async replace(manifest: Manifest): Promise<void> {
    await writeManifest(this.options.folder, manifest)
    this.manifest = manifest
    await this.openShards()
    await this.sweep()
  }

  private async openShards(): Promise<void> {
    const had = new Map(this.open.map(shard => [shard.digest, shard]))
    const opened: DiskShard[] = []
    try {
      for (const { digest } of this.manifest.shards)
        opened.push(had.get(digest) ?? (await this.openShard(digest)))
    } catch (cause) {
      for (const shard of opened) if (!had.has(shard.digest)) shard.close()
      throw cause
    }
    for (const shard of this.open) if (!opened.includes(shard)) shard.close()
    this.open = opened
  }

  private async openShard(digest: Digest): Promise<DiskShard> {
    const folder = shardFolder(this.options)
    const description = await readDescription(folder, digest)
    if (this.options.check !== 'sizes') await checkDigests(folder, digest, description)
    return DiskShard.open(folder, digest, description, this.cache)
  }

  private async sweep(): Promise<void> {
    const folder = shardFolder(this.options)
    const live = new Set(this.manifest.shards.map(({ digest }) => digest.slice(2)))
    for (const name of await at(folder, () => readdir(folder)))
      if (!live.has(name)) await remove(path.join(folder, name))
  }
}

function shardFolder({ folder }: CorpusIndexOptions): string {
  return path.join(folder, 'shards')
}

function outOfOrder(epoch: number, documents: number, known: EpochDocuments): AttributionOracleError {
  const got = `epoch ${epoch} with ${documents} documents`
  const expected =
    known.epoch === epoch
      ? `its ${known.documents} documents, or a later epoch`
      : `an epoch after ${known.epoch}`
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: 'A corpus index only grows', got, expected },
    { argument: 'epoch', got, expected },
  )
}
