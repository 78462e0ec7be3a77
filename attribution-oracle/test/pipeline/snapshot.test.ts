import { expect } from 'chai'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { openContentStore } from '@open-datanets/content-store'
import { readEpoch } from '../../src/content'
import { canonicalJson, sha256, type Progress } from '../../src/domain'
import { isFault } from '../../src/errors'
import { EXIT, exitCodeOf } from '../../src/exitCode'
import {
  createSnapshot,
  rebuildFromChain,
  restoreSnapshot,
  runEpoch,
  settledPost,
  verifySnapshot,
  type SnapshotManifest,
} from '../../src/pipeline'
import { EpochStore } from '../../src/store'
import { Datanet, WINDOW, type OracleProcess } from '../scene/datanet'
import { postgresOrSkip, type Postgres } from '../scene/postgres'
import { SOURCES } from '../scene/sources'

const faultOf = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('snapshots', function () {
  let datanet: Datanet
  let operator: OracleProcess
  let folder: string
  let snapshot: string
  const opened: EpochStore[] = []
  const open = async (where: string): Promise<EpochStore> => {
    const store = await EpochStore.open(where)
    opened.push(store)
    return store
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oracle-snapshot-'))
    snapshot = join(folder, 'snapshot')
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.model([0, 1, 2])
    operator = await datanet.oracle('operator', datanet.operator.privateKey)
    opened.push(operator.store)
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
    const { post } = await runEpoch(operator, 1)
    await datanet.anvil.pass(WINDOW)
    await operator.poster!.finalize(post!, 1)
    await datanet.anvil.pass(7 * 86_400)
    await runEpoch(operator, 1)
    const difference = { part: 'ledger', position: 0, got: '"1"', expected: '"2"' }
    const found = { epoch: 1, post: sha256(Buffer.from('other')), agrees: false, difference, at: 7 }
    await operator.store.verifications.record(found)
    await createSnapshot(operator, snapshot)
  })
  after(async () => {
    for (const store of opened) await store.close()
    await datanet?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('names itself by the same digest whenever it is taken of the same store, and tells how far it is', async () => {
    const seen: Progress[] = []
    const again = await createSnapshot(
      { ...operator, onProgress: each => seen.push(each) },
      join(folder, 'again'),
    )
    expect(await verifySnapshot(snapshot)).to.deep.equal(again)
    expect(again.manifest.lastEpoch).to.equal(1)
    expect(seen.find(({ stage }) => stage === 'snapshot results')).to.deep.equal({
      stage: 'snapshot results',
      done: 1,
      total: 5,
    })
    expect((await readdir(folder)).filter(name => name.includes('partial'))).to.deep.equal([])
    const taken = await faultOf(createSnapshot(operator, snapshot))
    expect(isFault(taken, 'INVALID_ARGUMENT')).to.equal(true)
  })

  it('removes what a killed process left of another one, and nothing that is being written', async () => {
    const nightly = join(folder, 'nightly')
    const [old, young] = ['monday', 'tuesday'].map(day => join(nightly, `${day}.snapshot-partial`))
    for (const each of [old!, young!]) {
      await mkdir(join(each, 'store'), { recursive: true })
      await writeFile(join(each, 'store', 'epochs.ndjson.gz'), 'half')
    }
    const yesterday = new Date(Date.now() - 86_400_000)
    for (const each of ['store/epochs.ndjson.gz', 'store', '.'])
      await utimes(join(old!, each), yesterday, yesterday)
    await utimes(young!, yesterday, yesterday)
    await createSnapshot(operator, join(nightly, 'wednesday'))
    expect((await readdir(nightly)).sort()).to.deep.equal(['tuesday.snapshot-partial', 'wednesday'])
  })

  for (const kind of ['PGlite', 'PostgreSQL'] as const) {
    describe(`restored into ${kind}`, () => {
      let postgres: Postgres | undefined
      let store: EpochStore
      before(async function () {
        if (kind === 'PostgreSQL') postgres = await postgresOrSkip(this)
        store = await open(postgres?.url ?? 'memory://')
      })
      after(async () => {
        await store?.close()
        await postgres?.stop()
      })

      it('gives the same store and the same epochs, and the run goes on from there', async () => {
        const content = openContentStore(join(folder, `content-${kind}`))
        await restoreSnapshot({ ...operator, store, content }, snapshot)
        const post = await settledPost({ store }, 1)
        expect(await readEpoch(content, post.dataDigest, post)).to.deep.equal(
          await readEpoch(datanet.content, post.dataDigest, post),
        )
        expect(await store.verifications.of(1)).to.deep.equal(await operator.store.verifications.of(1))
        const same = join(folder, `of-${kind}`)
        const { digest } = await createSnapshot({ ...operator, store, content }, same)
        expect(digest).to.equal((await verifySnapshot(snapshot)).digest)
        const { epochs } = await rebuildFromChain({ ...operator, store })
        expect(epochs.map(({ rebuilt }) => rebuilt)).to.deep.equal([false])

        if (kind === 'PGlite') {
          await datanet.openEpoch(2)
          await datanet.anvil.settle()
        }
        const outcome = await runEpoch({ ...operator, store, poster: undefined }, 2)
        expect([outcome.state, outcome.post!.epoch]).to.deep.equal(['settled', 2])
        const restored = await faultOf(restoreSnapshot({ ...operator, store }, snapshot))
        expect(isFault(restored, 'WRONG_STATE')).to.equal(true)
      })
    })
  }

  describe('that were tampered with', () => {
    let store: EpochStore
    let copies = 0
    before(async () => void (store = await open('memory://')))

    /** A copy of the snapshot with one file changed; with `listed` the manifest is changed to agree. */
    const changed = async (
      path: string,
      change: (bytes: Buffer) => Buffer | undefined,
      listed = false,
    ): Promise<string> => {
      const copy = join(folder, `copy-${copies++}`)
      const { manifest } = await createSnapshot(operator, copy)
      const bytes = change(await readFile(join(copy, path)))
      if (bytes) await writeFile(join(copy, path), bytes)
      else await rm(join(copy, path))
      const parts = manifest.parts.map(part =>
        listed && part.path === path ? { ...part, bytes: bytes!.length, sha256: sha256(bytes!) } : part,
      )
      if (listed) await writeFile(join(copy, 'manifest.json'), canonicalJson({ ...manifest, parts }))
      return copy
    }
    const refused = async (copy: string): Promise<{ path: string; got: string }> => {
      const fault = await faultOf(restoreSnapshot({ ...operator, store }, copy))
      expect(isFault(fault, 'SNAPSHOT_INVALID'), String(fault)).to.equal(true)
      expect(exitCodeOf(fault)).to.equal(EXIT.broken)
      expect(await store.epochs()).to.deep.equal([])
      return (fault as { data: { path: string; got: string } }).data
    }

    it('are refused with the file and what is wrong with it', async () => {
      const flip = (bytes: Buffer): Buffer => {
        bytes[bytes.length >> 1]! ^= 1
        return bytes
      }
      const { parts } = (await verifySnapshot(snapshot)).manifest
      for (const { path } of parts) {
        const flipped = await changed(path, flip)
        expect((await refused(flipped)).path).to.equal(join(flipped, path))
        const cut = await refused(await changed(path, bytes => bytes.subarray(0, -1)))
        expect(cut.got).to.match(/^\d+ bytes with digest/)
      }
      const { path } = parts[0]!
      expect((await refused(await changed(path, () => undefined))).got).to.equal('ENOENT')
      const long = await refused(await changed(path, bytes => Buffer.concat([bytes, bytes])))
      expect(long.got).to.match(/^more than/)
    })

    it('are refused when the manifest is none, is of another system, or is not the expected one', async () => {
      const manifest = 'manifest.json'
      const written = (edit: Partial<Record<keyof SnapshotManifest, unknown>>) => (bytes: Buffer) =>
        Buffer.from(canonicalJson({ ...(JSON.parse(bytes.toString()) as object), ...edit }))
      const absent = await faultOf(verifySnapshot(await changed(manifest, () => undefined)))
      expect(isFault(absent, 'INVALID_ARGUMENT') && absent.data.got).to.match(/manifest\.json: ENOENT/)
      expect((await refused(await changed(manifest, () => Buffer.from('{')))).got).to.equal('no JSON')
      for (const edit of [
        { version: 2 },
        { chainId: 1 },
        { vault: datanet.operator.address },
        { migrations: [] },
        { parts: [{ path: 'store/../../x.ndjson.gz', bytes: 0, sha256: sha256(Buffer.from('')) }] },
      ])
        await refused(await changed(manifest, written(edit)))
      const expected = sha256(Buffer.from('another'))
      const other = await faultOf(verifySnapshot(snapshot, { expected }))
      expect(isFault(other, 'SNAPSHOT_INVALID') && other.data.expected).to.contain(expected)
    })

    it('are refused when rows are no rows, though the manifest names their digest', async () => {
      const path = 'store/results.ndjson.gz'
      const rows = (change: (text: string) => string) => (bytes: Buffer) =>
        gzipSync(change(gunzipSync(bytes).toString()))
      const fewer = await changed(
        path,
        rows(text => text.slice(text.indexOf('\n') + 1)),
        true,
      )
      expect((await refused(fewer)).got).to.equal('4 rows')
      await refused(
        await changed(
          path,
          rows(text => text.slice(0, -1)),
          true,
        ),
      )
      await refused(await changed(path, () => Buffer.from('no gzip'), true))
      const copy = await changed(
        path,
        rows(text => text.replace('"epoch":1', '"epoch":"x"')),
        true,
      )
      const fault = await faultOf(restoreSnapshot({ ...operator, store }, copy))
      expect(isFault(fault, 'INVALID_DOCUMENT') && fault.data.format).to.equal('rows of results')
      expect(await store.epochs()).to.deep.equal([])
    })
  })
})
