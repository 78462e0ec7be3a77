import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openContentStore } from '@open-datanets/content-store'
import { newKeystore } from '../../src/cli/init/newKeystore'
import { canonicalJson, sha256 } from '../../src/domain'
import { CorpusIndex } from '../../src/corpusIndex'
import { FeatureStore } from '../../src/featureStore'
import { createSnapshot, restoreSnapshot, type System } from '../../src/pipeline'
import { MemoryShard } from '../../src/scoring/text/memoryShard'
import { EpochStore } from '../../src/store'
import { openQuarantine } from '../../src/work'
import { featuresOf, identity, keysOf } from '../featureStore/store'
import { filesIn } from './filesIn'

export const FILE_WORKS = [
  'feature store',
  'corpus index',
  'quarantine',
  'new key',
  'snapshot',
  'restored snapshot',
] as const

/** What a process writes into a folder of its own, and may find begun there. */
export interface FileWork {
  kind: (typeof FILE_WORKS)[number]
  folder: string
  /** a store and content with an epoch, and a snapshot of them, to read only */
  from: { store: string; content: string; snapshot: string; system: System }
}

const SAMPLES = 12
const TEXTS = [[[1, 2, 3, 1, 2]], [[3, 1, 2]], [[2, 3, 1, 1], [2]]]
const WORKERS = ['flips', 'malformed', 'oversize']

/** Does the work from wherever it stands. @returns a digest of what it came to, which nothing on the way may change */
export async function doFileWork(work: FileWork): Promise<string> {
  await mkdir(work.folder, { recursive: true })
  return sha256(Buffer.from(canonicalJson(await WORKS[work.kind](work))))
}

const WORKS: Record<FileWork['kind'], (work: FileWork) => Promise<unknown>> = {
  async 'feature store'({ folder }) {
    const store = await FeatureStore.open(folder, identity, { shardBytes: 100 })
    try {
      const keys = keysOf(0, SAMPLES)
      await store.append(1, keys, indices => Promise.resolve(featuresOf(indices)))
      await store.verify()
      return filesIn(folder)
    } finally {
      await store.close()
    }
  },

  async 'corpus index'({ folder }) {
    const sort: typeof MemoryShard.build = (documents, numbers) => MemoryShard.build(documents, numbers)
    const index = await CorpusIndex.open({ folder }, { sort })
    try {
      const known = index.epochs.length
      for (const [epoch, documents] of TEXTS.entries())
        if (epoch >= known) await index.append(epoch, documents)
      await index.compactAll()
      return filesIn(folder)
    } finally {
      index.close()
    }
  },

  async quarantine({ folder }) {
    const file = join(folder, 'quarantine.jsonl')
    const quarantine = await openQuarantine(file)
    for (const worker of WORKERS) await quarantine.add(worker, 'lied')
    const again = await openQuarantine(file)
    return WORKERS.map(worker => again.has(worker))
  },

  /** The key is another one every time; that there is one, which its password opens, is not. */
  async 'new key'({ folder }) {
    const { says } = await newKeystore(folder, path => path)
    const { address } = JSON.parse(await readFile(join(folder, 'operator.json'), 'utf8')) as {
      address: string
    }
    const again = await newKeystore(folder, path => path)
    const names = (await readdir(folder)).filter(name => !name.endsWith('.tmp'))
    const opens = again.says.toLowerCase().startsWith(`0x${address}, found`)
    return [names.sort(), opens, says.slice(0, 42) === again.says.slice(0, 42)]
  },

  async snapshot({ folder, from }) {
    const store = await EpochStore.open(from.store)
    try {
      const to = join(folder, 'snapshot')
      const there = (await readdir(folder)).includes('snapshot')
      const content = openContentStore(from.content)
      if (!there) await createSnapshot({ store, system: from.system, content }, to)
      return await filesIn(to)
    } finally {
      await store.close()
    }
  },

  async 'restored snapshot'({ folder, from }) {
    const store = await EpochStore.open(join(folder, 'store'))
    try {
      const content = join(folder, 'content')
      const restoring = { store, system: from.system, content: openContentStore(content) }
      if ((await store.epochs()).length === 0) await restoreSnapshot(restoring, from.snapshot)
      const rows: string[] = []
      await store.dump(async dump => {
        for await (const row of dump.rows) rows.push(row)
      })
      return [rows, await filesIn(content)]
    } finally {
      await store.close()
    }
  },
}
