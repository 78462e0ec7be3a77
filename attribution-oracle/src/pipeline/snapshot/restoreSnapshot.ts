import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { importCar } from '../../content'
import { canonicalJson, type ContentStore, type Post } from '../../domain'
import { AttributionOracleError } from '../../errors'
import type { EpochStore } from '../../store'
import type { System } from '../dependencies'
import {
  epochOf,
  invalid,
  tableOf,
  type ReadManifest,
  type SnapshotManifest,
  type SnapshotPart,
} from './manifest'
import { SettledEpochs } from './settledEpochs'
import { verifySnapshot, type VerifyingSnapshot } from './verifySnapshot'

export interface RestoringSnapshot extends VerifyingSnapshot {
  /** empty, on PGlite or PostgreSQL, whichever the snapshot is from */
  store: EpochStore
  system: System
  /** takes the blocks of the epochs, where the snapshot has them */
  content?: ContentStore
}

/**
 * Fills an empty store, and content, from a snapshot; everything is verified before anything is written. Whether the
 * epochs in it are those that are final on chain, `rebuildFromChain` says afterwards without computing them again.
 * @throws SNAPSHOT_INVALID, WRONG_STATE when the store is not empty: nothing is written to the store then
 */
export async function restoreSnapshot(deps: RestoringSnapshot, folder: string): Promise<ReadManifest> {
  const { store, system, content } = deps
  const read = await verifySnapshot(folder, deps)
  const { manifest } = read
  await expectFits(manifest, system, store, folder)
  const seen = new SettledEpochs()
  const tables = manifest.parts.flatMap(part => {
    const table = tableOf(part)
    if (table === undefined) return []
    const rows = (): AsyncIterable<string> => rowsOf(deps, folder, table, part)
    return [[table, () => seen.of({ table, rows: rows() })] as const]
  })
  // a store that has epochs has their content: whoever is killed in between finds it empty
  await store.restore(new Map(tables), async () => {
    for (const part of content ? manifest.parts : []) await importEpoch(content!, folder, part, seen.posts)
  })
  return read
}

async function importEpoch(
  content: ContentStore,
  folder: string,
  part: SnapshotPart,
  posts: readonly Post[],
): Promise<void> {
  const epoch = epochOf(part)
  if (epoch === undefined) return
  const path = join(folder, part.path)
  const post = posts.find(each => each.epoch === epoch)
  if (!post) throw invalid(path, 'an epoch that is not settled in its rows', 'an epoch of its rows')
  await importCar(content, await readFile(path), post.dataDigest)
}

async function expectFits(
  manifest: SnapshotManifest,
  system: System,
  store: EpochStore,
  folder: string,
): Promise<void> {
  const { chainId, vault, registry, payments, migrations } = manifest
  const same = (got: unknown, expected: unknown): void => {
    const [theirs, ours] = [canonicalJson(got), canonicalJson(expected)]
    if (theirs !== ours) throw invalid(folder, theirs, ours)
  }
  same({ chainId, vault, registry, payments }, { ...system })
  same(migrations, await store.migrations())
}

async function* rowsOf(
  { onProgress }: RestoringSnapshot,
  folder: string,
  table: string,
  part: SnapshotPart,
): AsyncIterable<string> {
  const path = join(folder, part.path)
  let done = 0
  for await (const row of linesOf(path)) {
    yield row
    done++
    onProgress?.({ stage: `restore ${table}`, done, total: part.rows ?? done })
  }
  if (done !== part.rows) throw invalid(path, `${done} rows`, `${part.rows} rows`)
}

async function* linesOf(path: string): AsyncIterable<string> {
  const text = createGunzip().setEncoding('utf8')
  createReadStream(path)
    .on('error', cause => text.destroy(cause))
    .pipe(text)
  let rest: string[] = []
  try {
    for await (const chunk of text as AsyncIterable<string>) {
      const [first, ...others] = chunk.split('\n')
      rest.push(first!)
      for (const next of others) {
        yield rest.join('')
        rest = [next]
      }
    }
  } catch (error) {
    // zlib and the disk say by a code what they met; anything else is not about this file
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof AttributionOracleError || typeof code !== 'string') throw error
    throw invalid(path, code, 'gzipped lines')
  }
  if (rest.join('') !== '') throw invalid(path, 'a line without an end', 'whole lines')
}
