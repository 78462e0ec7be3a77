import { makeFolder } from '@open-datanets/content-store'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { canonicalJson, type Digest } from '../domain'
import { AttributionOracleError, diskFault } from '../errors'
import { DotKernel } from './dotKernel'
import { PARTIAL, writeDurably } from './durableFile'
import { KeyTable } from './keyTable'
import {
  FEATURE_STORE_FORMAT,
  readManifest,
  writeManifest,
  type FeatureIdentity,
  type FeatureManifest,
} from './manifest'
import { quantiseRows, strideOf, type QuantisedRows } from './quantise'
import { encodeShard } from './shard'
import { corrupt } from './shard'
import { ShardFile, shardPath } from './shardFile'

export interface FeatureStoreOptions {
  /** Bytes of codes in a shard, at most; what a crash can lose of a running epoch. Default 32 MiB. */
  readonly shardBytes?: number
  /** Bytes of codes that are read at a time. Default 2 MiB, which a core's cache holds. */
  readonly pageBytes?: number
}

/** Float32 features, row-major [indices.length, dims], of the rows with these indices. */
export type ComputeFeatures = (indices: readonly number[]) => Promise<Float32Array>

/** Neighbouring rows of a store; `codes` is valid until the next page is asked for. */
export interface FeaturePage extends QuantisedRows {
  /** position of its first row in the store */
  readonly first: number
}

const COMPUTED_AT_ONCE = 1024

/**
 * Features of training samples on disk: int8 with one scale a row, in shards that are named by their SHA-256 and never
 * change. A manifest names the shards and what they are features of. A row has a key, the digest of its sample, and is
 * computed once: an epoch adds what is new. One process writes at a time.
 */
export class FeatureStore {
  readonly dims: number
  private readonly keys = new KeyTable()
  private readonly shards: ShardFile[] = []

  private constructor(
    private readonly folder: string,
    private manifest: FeatureManifest,
    private digest: Digest | undefined,
    private readonly options: Required<FeatureStoreOptions>,
  ) {
    this.dims = manifest.identity.layers.reduce((sum, layer) => sum + layer.dims, 0)
  }

  /**
   * Opens a folder, or begins a store in it. Sizes and headers are compared here, digests when a shard is first read.
   * @throws STORE_MISMATCH when the folder holds features of something else, STORE_CORRUPT, DISK_FAILED
   */
  static async open(
    folder: string,
    identity: FeatureIdentity,
    { shardBytes = 2 ** 25, pageBytes = 2 ** 21 }: FeatureStoreOptions = {},
  ): Promise<FeatureStore> {
    await makeFolder(folder).catch((cause: unknown) => {
      throw diskFault(folder, cause)
    })
    const read = await readManifest(folder)
    if (read) checkIdentity(folder, read.manifest.identity, identity)
    // What a crash left half written was never named by a manifest.
    for (const name of await readdir(folder)) if (name.endsWith(PARTIAL)) await rm(join(folder, name))
    const manifest = read?.manifest ?? { format: FEATURE_STORE_FORMAT, version: 1, identity, shards: [] }
    const store = new FeatureStore(folder, manifest, read?.digest, { shardBytes, pageBytes })
    try {
      for (const { digest } of manifest.shards) await store.load(digest)
    } catch (error) {
      await store.close()
      throw error
    }
    return store
  }

  get rows(): number {
    return this.keys.size
  }

  /** What is recorded on disk; treat it as read-only. */
  get record(): FeatureManifest {
    return this.manifest
  }

  /** Positions of samples in the store. @throws INVALID_ARGUMENT for one that it does not hold */
  positions(keys: readonly Digest[]): Int32Array {
    return Int32Array.from(keys, key => {
      const position = this.keys.get(key)
      if (position !== undefined) return position
      throw invalid('keys', key, 'a sample that was added')
    })
  }

  /**
   * Adds the samples that the store does not hold yet; equal keys are one sample. Each full shard is committed by
   * itself, so that a run that was stopped goes on where it was.
   * @param epoch not before that of the last addition
   * @param compute asked only for new samples, some at a time
   * @returns how many were computed
   * @throws INVALID_ARGUMENT for NaN or infinity, STORE_MISMATCH when another process wrote meanwhile
   */
  async append(
    epoch: number,
    keys: readonly Digest[],
    compute: ComputeFeatures,
    signal?: AbortSignal,
  ): Promise<number> {
    const last = this.manifest.shards.at(-1)?.epoch ?? 0
    if (!Number.isSafeInteger(epoch) || epoch < last)
      throw invalid('epoch', String(epoch), `${last} or later`)
    const fresh = this.fresh(keys)
    const shardRows = Math.max(1, Math.floor(this.options.shardBytes / strideOf(this.dims)))
    for (let at = 0; at < fresh.length; at += shardRows) {
      const members = fresh.slice(at, at + shardRows)
      const features = new Float32Array(members.length * this.dims)
      for (let done = 0; done < members.length; done += COMPUTED_AT_ONCE) {
        signal?.throwIfAborted()
        const asked = members.slice(done, done + COMPUTED_AT_ONCE)
        const computed = await compute(asked)
        if (computed.length !== asked.length * this.dims)
          throw invalid('features', `${computed.length} numbers`, `${asked.length} rows of ${this.dims}`)
        features.set(computed, done * this.dims)
      }
      const names = members.map(index => keys[index]!)
      await this.commit(
        epoch,
        names,
        quantiseRows(features, this.dims, row => `sample ${members[row]}`),
      )
    }
    return fresh.length
  }

  /** All rows in order, by pages. Each shard is compared with its digest first. @throws STORE_CORRUPT */
  async *pages(): AsyncGenerator<FeaturePage> {
    const stride = strideOf(this.dims)
    yield* this.pagesInto(new Int8Array(this.pageRows * stride))
  }

  /**
   * Inner products of every row with every vector, float64 row-major [rows, vectors.length], in one pass over the
   * shards. Sums are exact integers of the codes: the same bits on every machine.
   * @param vectors each of `dims` finite numbers
   */
  async products(vectors: readonly ArrayLike<number>[]): Promise<Float64Array> {
    for (const vector of vectors)
      if (vector.length !== this.dims) throw invalid('vectors', `${vector.length} numbers`, `${this.dims}`)
    const kernel = new DotKernel(this.dims, this.pageRows)
    const to = new Float64Array(this.rows * vectors.length)
    if (vectors.length === 1) kernel.take(vectors[0]!)
    for await (const { first, count, scales } of this.pagesInto(kernel.codes)) {
      for (const [v, vector] of vectors.entries()) {
        if (vectors.length > 1) kernel.take(vector)
        kernel.multiply(count, scales, to.subarray(first * vectors.length + v), vectors.length)
      }
    }
    return to
  }

  /** Compares every shard with its digest. @throws STORE_CORRUPT */
  async verify(): Promise<void> {
    for (const shard of this.shards) await shard.verify()
  }

  async close(): Promise<void> {
    for (const shard of this.shards.splice(0)) await shard.close()
  }

  private get pageRows(): number {
    const most = this.shards.reduce((rows, { shape }) => Math.max(rows, shape.rows), 1)
    return Math.min(most, Math.max(1, Math.floor(this.options.pageBytes / strideOf(this.dims))))
  }

  private async *pagesInto(codes: Int8Array): AsyncGenerator<FeaturePage> {
    const { dims } = this
    const stride = strideOf(dims)
    const pageRows = Math.floor(codes.length / stride)
    let before = 0
    for (const shard of this.shards) {
      await shard.verify()
      const scales = await shard.scales()
      const { rows } = shard.shape
      for (let at = 0; at < rows; at += pageRows) {
        const count = Math.min(pageRows, rows - at)
        shard.codes(codes, at, count)
        yield { first: before + at, count, dims, stride, codes, scales: scales.subarray(at, at + count) }
      }
      before += rows
      // Pages are read in this thread; others have their turn between shards.
      await setImmediate()
    }
  }

  /** Indices of the first of each key that is not stored. */
  private fresh(keys: readonly Digest[]): number[] {
    const seen = new KeyTable()
    return keys.flatMap((key, index) => (this.keys.get(key) === undefined && seen.add(key) ? [index] : []))
  }

  private async commit(epoch: number, keys: readonly Digest[], rows: QuantisedRows): Promise<void> {
    const packed = Buffer.from(keys.map(key => key.slice(2)).join(''), 'hex')
    const { digest, bytes, pieces } = encodeShard(packed, rows)
    await writeDurably(shardPath(this.folder, digest), pieces)
    const found = (await readManifest(this.folder))?.digest
    if (found !== this.digest)
      throw mismatch(
        this.folder,
        'manifest',
        found ?? 'none',
        this.digest ?? 'none',
        'run one process at a time',
      )
    const shards = [...this.manifest.shards, { epoch, digest, rows: rows.count, bytes }]
    const manifest = { ...this.manifest, shards }
    this.digest = await writeManifest(this.folder, manifest)
    this.manifest = manifest
    await this.load(digest)
  }

  private async load(digest: Digest): Promise<void> {
    const shard = await ShardFile.open(this.folder, digest)
    this.shards.push(shard)
    const path = shardPath(this.folder, digest)
    if (shard.shape.dims !== this.dims) throw corrupt(path, `${shard.shape.dims} dims`, `${this.dims} dims`)
    const words = await shard.keys()
    for (let from = 0; from < words.length; from += 8)
      if (!this.keys.addWords(words, from))
        throw corrupt(path, 'a key that another row has', 'a key for every row')
  }
}

function checkIdentity(folder: string, found: FeatureIdentity, wanted: FeatureIdentity): void {
  for (const field of Object.keys(wanted) as (keyof FeatureIdentity)[]) {
    const [got, expected] = [canonicalJson(found[field]), canonicalJson(wanted[field])]
    if (got !== expected) throw mismatch(folder, field, got, expected, 'give each its own folder')
  }
}

function mismatch(
  folder: string,
  field: string,
  got: string,
  expected: string,
  fix: string,
): AttributionOracleError {
  const what = `The feature store in ${folder} has another ${field}`
  return new AttributionOracleError('STORE_MISMATCH', { what, got, expected, fix }, { field, got, expected })
}

function invalid(argument: string, got: string, expected: string): AttributionOracleError {
  const what = `The argument ${argument} cannot be used with the feature store`
  return new AttributionOracleError('INVALID_ARGUMENT', { what, got, expected }, { argument, got, expected })
}
