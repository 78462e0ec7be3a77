import { readFile } from 'node:fs/promises'
import type { Digest, TextShard } from '../domain'
import { at } from './faults'
import { countBuckets } from './countBuckets'
import { unpack } from './packing'
import type { PageCache } from './pageCache'
import { PagedFile } from './pagedFile'
import { fileOf, type ShardDescription, type ShardFile } from './shardFiles'

/** A shard whose text and suffix array stay on disk; the tables of its documents and first symbols are in memory. */
export class DiskShard implements TextShard {
  readonly length: number
  readonly alphabet: number

  private constructor(
    readonly digest: Digest,
    readonly documents: Int32Array,
    readonly starts: Int32Array,
    readonly buckets: Int32Array,
    private readonly text: PagedFile,
    private readonly suffixes: PagedFile,
  ) {
    this.length = starts[starts.length - 1]!
    this.alphabet = buckets.length - 1
  }

  /** @throws INDEX_UNREADABLE */
  static async open(
    folder: string,
    digest: Digest,
    { files }: ShardDescription,
    cache: PageCache,
  ): Promise<DiskShard> {
    const table = async (name: ShardFile): Promise<Int32Array> => {
      const file = fileOf(folder, digest, name)
      const bytes = await at(file, () => readFile(file))
      const values = new Int32Array(files[name].entries)
      unpack(bytes, files[name].width, values, 0)
      return values
    }
    const paged = (name: ShardFile): PagedFile =>
      new PagedFile(fileOf(folder, digest, name), files[name].entries, files[name].width, cache)
    const [documents, starts] = [await table('documents'), await table('starts')]
    const buckets = await countBuckets(fileOf(folder, digest, 'text'), files.text.width)
    return new DiskShard(digest, documents, starts, buckets, paged('text'), paged('suffixes'))
  }

  symbol(position: number): number {
    return this.text.at(position)
  }

  suffix(rank: number): number {
    return this.suffixes.at(rank)
  }

  /** The tokens of a document by its ordinal within the shard. */
  tokens(ordinal: number): Int32Array {
    const start = this.starts[ordinal]!
    const tokens = new Int32Array(this.starts[ordinal + 1]! - start - 1)
    for (let i = 0; i < tokens.length; i++) tokens[i] = this.text.at(start + i) - 1
    return tokens
  }

  close(): void {
    this.text.close()
    this.suffixes.close()
  }
}
