import { makeFolder } from '@open-datanets/content-store'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { encodeCar, epochBlocks, rawBlock, readEpoch } from '../../content'
import {
  canonicalBytes,
  sha256,
  type ContentStore,
  type Digest,
  type Post,
  type Progress,
} from '../../domain'
import { AttributionOracleError, diskFault } from '../../errors'
import type { EpochStore, TableDump } from '../../store'
import type { System } from '../dependencies'
import { SNAPSHOT_FORMAT, type ReadManifest, type SnapshotManifest, type SnapshotPart } from './manifest'
import { SettledEpochs } from './settledEpochs'

/** Added to the name of a snapshot until it is complete. */
const PARTIAL = '.snapshot-partial'
/** No part of a snapshot is written for so long without a byte. */
const ABANDONED_MS = 3_600_000

export interface CreatingSnapshot {
  store: EpochStore
  system: System
  /** with it, the blocks of every settled epoch go along */
  content?: ContentStore
  onProgress?: (progress: Progress) => void
  signal?: AbortSignal
}

/**
 * Writes a snapshot of the store as of one moment: a folder with manifest.json, a file of rows for every table and, with
 * `content`, a CAR for every settled epoch. The folder appears only when it is complete. The same store gives the same
 * bytes; the returned digest, that of the manifest, names them all.
 * @throws INVALID_ARGUMENT when there is something at `folder` already, DISK_FAILED, what reading the store and content throws
 */
export async function createSnapshot(deps: CreatingSnapshot, folder: string): Promise<ReadManifest> {
  if (await stat(folder).catch(() => undefined)) throw taken(folder)
  const partial = `${folder}${PARTIAL}`
  try {
    await removeOthers(dirname(partial))
    await rm(partial, { recursive: true, force: true })
    const manifest = await writeParts(deps, partial)
    const bytes = canonicalBytes(manifest)
    await writeFile(join(partial, 'manifest.json'), bytes, { flush: true })
    await rename(partial, folder)
    return { manifest, digest: sha256(bytes) }
  } catch (error) {
    throw diskFault(folder, error)
  } finally {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** Parts of snapshots that were never completed, and that nobody writes to any more. */
async function removeOthers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter(each => each.endsWith(PARTIAL))) {
    const place = join(folder, name)
    const parts = await readdir(place, { recursive: true }).catch(() => [])
    const facts = await Promise.all(
      ['.', ...parts].map(part => stat(join(place, part)).catch(() => undefined)),
    )
    const last = Math.max(...facts.map(each => each?.mtimeMs ?? 0))
    if (Date.now() - last > ABANDONED_MS) await rm(place, { recursive: true, force: true })
  }
}

function taken(folder: string): AttributionOracleError {
  const [got, expected] = [`${folder}, which exists`, 'a folder that is not there yet']
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: 'A snapshot overwrites nothing', got, expected, fix: 'name another folder' },
    { argument: 'folder', got, expected },
  )
}

async function writeParts(deps: CreatingSnapshot, folder: string): Promise<SnapshotManifest> {
  const { store, system, content, onProgress } = deps
  const parts: SnapshotPart[] = []
  const seen = new SettledEpochs()
  await store.dump(
    async dump => void parts.push(await writeTable(deps, folder, { ...dump, rows: seen.of(dump) })),
  )
  for (const [done, post] of content ? seen.posts.entries() : []) {
    onProgress?.({ stage: 'snapshot epochs', done, total: seen.posts.length })
    parts.push(await writeEpoch(content!, folder, post))
  }
  return {
    format: SNAPSHOT_FORMAT,
    version: 1,
    ...system,
    migrations: await store.migrations(),
    lastEpoch: seen.lastFinal,
    parts,
  }
}

async function writeTable(
  { onProgress, signal }: CreatingSnapshot,
  folder: string,
  { table, count, rows }: TableDump,
): Promise<SnapshotPart> {
  async function* lines(): AsyncIterable<string> {
    let done = 0
    for await (const row of rows) {
      yield `${row}\n`
      onProgress?.({ stage: `snapshot ${table}`, done: ++done, total: count })
    }
  }
  const path = `store/${table}.ndjson.gz`
  const measured = await writeMeasured(join(folder, path), Readable.from(lines()), signal, createGzip())
  return { path, ...measured, rows: count }
}

async function writeEpoch(content: ContentStore, folder: string, post: Post): Promise<SnapshotPart> {
  const data = await readEpoch(content, post.dataDigest, post)
  const { codes } = data.header.scoring
  const beside = codes ? [rawBlock(await content.get(codes))] : []
  const car = await encodeCar([...(await epochBlocks(data)).blocks, ...beside])
  const path = `epochs/epoch-${post.epoch}.car`
  return { path, ...(await writeMeasured(join(folder, path), Readable.from([car]))) }
}

async function writeMeasured(
  path: string,
  from: Readable,
  signal?: AbortSignal,
  ...through: Transform[]
): Promise<{ bytes: number; sha256: Digest }> {
  await makeFolder(dirname(path))
  const hash = createHash('sha256')
  let bytes = 0
  const measure = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  const to = createWriteStream(path, { flush: true })
  await pipeline([from, ...through, measure, to], signal ? { signal } : {})
  return { bytes, sha256: `0x${hash.digest('hex')}` }
}
