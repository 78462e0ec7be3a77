import { expect } from 'chai'
import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createSnapshot } from '../../src/pipeline'
import { openContentStore } from '@open-datanets/content-store'
import { EpochStore } from '../../src/store'
import { ALL, everyWrite, sampleOf } from './crashes'
import { CrashProcess } from './crashProcess'
import { CrashScene } from './crashScene'
import { doFileWork, FILE_WORKS, type FileWork } from './fileWork'
import type { Traced } from './killAtWrite'

const SAMPLE = 1

describe('what is written to files by a process that is killed', function () {
  this.timeout(ALL ? 3_600_000 : 300_000)
  let scene: CrashScene
  let from: FileWork['from']
  let folders = 0

  before(async () => {
    scene = await CrashScene.start(undefined)
    const assignment = await scene.assignment('PGlite')
    await scene.resume(assignment)
    const { system, contentFolder, store: where } = assignment
    const snapshot = join(scene.folder, 'snapshot')
    from = { store: where, content: contentFolder, snapshot, system }
    const store = await EpochStore.open(where)
    await createSnapshot({ store, system, content: openContentStore(contentFolder) }, snapshot)
    await store.close()
  })
  after(() => scene?.stop())

  /** A folder of its own; whoever only reads a store gets a copy of it, too, since only one process may open it. */
  const workOf = async (kind: FileWork['kind']): Promise<FileWork> => {
    const folder = join(scene.folder, `files-${folders++}`)
    if (kind !== 'snapshot') return { kind, folder, from }
    await cp(from.store, `${folder}-store`, { recursive: true })
    return { kind, folder, from: { ...from, store: `${folder}-store` } }
  }
  const run = (work: FileWork & Traced): Promise<string | undefined> =>
    CrashProcess.spawn<FileWork, string>('fileProcess.ts').run(work)

  for (const kind of FILE_WORKS)
    it(`is whole after a restart: ${kind}`, async () => {
      const trace = join(scene.folder, `trace of ${kind}`)
      const expected = await run({ ...(await workOf(kind)), trace })
      const writes = (await readFile(trace, 'utf8')).trim().split('\n')
      const inside = everyWrite(writes).filter(({ moment }) => moment === 'during')
      for (const { name, ...crash } of ALL ? everyWrite(writes) : sampleOf(inside, SAMPLE)) {
        const work = await workOf(kind)
        expect(await run({ ...work, crash }), `${name} kills`).to.equal(undefined)
        const outcome = await doFileWork(work).catch((error: unknown) => `${name}: ${String(error)}`)
        expect(outcome, name).to.equal(expected)
        for (const folder of [work.folder, `${work.folder}-store`])
          await rm(folder, { recursive: true, force: true })
      }
    })
})
