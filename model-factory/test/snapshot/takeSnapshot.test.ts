import { canonicalBytes, sha256, type ContentStore, type Digest } from '@open-datanets/content-store'
import { expect } from 'chai'
import { unlink, writeFile } from 'node:fs/promises'
import { takeSnapshot, type SnapshotResult } from '../../src'
import { faultOf } from '../scene/faultOf'
import { Registries } from '../scene/registries'

describe('takeSnapshot', () => {
  let scene: Registries
  let datanetId: number

  before(async () => (scene = await Registries.start()))
  after(() => scene.stop())
  beforeEach(async () => (datanetId = await scene.createDatanet()))

  const take = async (o: Partial<Parameters<typeof takeSnapshot>[0]> = {}): Promise<SnapshotResult> =>
    takeSnapshot({
      provider: scene.anvil.provider,
      registry: await scene.datanets.getAddress(),
      datanetId,
      builder: scene.anvil.account(0).address,
      content: scene.content,
      blockTag: 'latest',
      ...o,
    })

  it('takes every contribution of the Datanet, ascending by id, and no other', async () => {
    const other = await scene.createDatanet()
    const first = await scene.nextId(1)
    await scene.contribute(datanetId, 1, { 'b.sol': 'contract B {}', 'a.sol': 'contract A {}' })
    await scene.contribute(other, 1, { 'x.sol': 'contract X {}' })
    const second = await scene.nextId(2)
    await scene.contribute(datanetId, 2, { 'c.sol': 'contract C {}' })

    const { snapshot, files, refused, digest } = await take()
    expect(refused).to.deep.equal([])
    expect(files.map(({ id, name }) => [id, name])).to.deep.equal([
      [first, 'b.sol'],
      [first + 1, 'a.sol'],
      [second, 'c.sol'],
    ])
    expect(Buffer.from(files[1]!.bytes).toString()).to.equal('contract A {}')
    expect(files.map(({ contributor }) => contributor)).to.deep.equal(
      [1, 1, 2].map(index => scene.anvil.account(index).address),
    )
    expect(snapshot.contributions.map(({ id }) => id)).to.deep.equal(files.map(({ id }) => id))
    expect(snapshot.contributions[1]!.digest).to.equal(sha256(files[1]!.bytes))
    expect(snapshot.registry).to.equal(await scene.datanets.getAddress())
    expect(await scene.content.get(digest)).to.deep.equal(canonicalBytes(snapshot))
  })

  it('gives the same digest for the same block, whatever was committed since', async () => {
    await scene.contribute(datanetId, 1, { 'a.sol': 'contract A {}' })
    const then = await take()
    await scene.contribute(datanetId, 1, { 'b.sol': 'contract B {}' })
    expect((await take({ blockTag: then.snapshot.blockNumber })).digest).to.equal(then.digest)
    expect((await take()).digest).not.to.equal(then.digest)
  })

  it('stops at the finalized block unless told otherwise', async () => {
    await scene.contribute(datanetId, 1, { 'a.sol': 'contract A {}' })
    await scene.anvil.provider.send('anvil_mine', ['0x3'])
    await scene.contribute(datanetId, 1, { 'b.sol': 'contract B {}' })
    const { provider, ...rest } = {
      provider: scene.anvil.provider,
      registry: await scene.datanets.getAddress(),
    }
    const builder = scene.anvil.account(0).address
    const { files } = await takeSnapshot({ provider, ...rest, datanetId, builder, content: scene.content })
    expect(files.map(({ name }) => name)).to.deep.equal(['a.sol'])
  })

  it('counts every contribution in its progress', async () => {
    await scene.contribute(datanetId, 1, { 'a.sol': 'contract A {}', 'b.sol': 'contract B {}' })
    const seen: string[] = []
    await take({ onProgress: ({ done, total }) => seen.push(`${done}/${total}`) })
    expect(seen).to.deep.equal(['1/2', '2/2'])
  })

  it('stops when told to', async () => {
    await scene.contribute(datanetId, 1, { 'a.sol': 'contract A {}', 'b.sol': 'contract B {}' })
    const controller = new AbortController()
    const reason = new Error('enough')
    const act = take({ signal: controller.signal, onProgress: () => controller.abort(reason) })
    expect(await act.catch((error: unknown) => error)).to.equal(reason)
  })

  describe('given an account that is not a builder', () => {
    const untouched: ContentStore = {
      put: () => Promise.reject(new Error('put')),
      get: () => Promise.reject(new Error('get')),
      has: () => Promise.reject(new Error('has')),
    }

    it('rejects with NOT_PERMITTED before it touches any content', async () => {
      await scene.contribute(datanetId, 1, { 'a.sol': 'contract A {}' })
      const builder = scene.anvil.account(5).address
      const blockNumber = await scene.anvil.provider.getBlockNumber()
      expect(await faultOf(take({ builder, content: untouched }))).to.deep.equal({
        code: 'NOT_PERMITTED',
        data: { datanetId, builder, blockNumber },
      })
    })

    it('lets it in once the owner has permitted it, and not at an earlier block', async () => {
      const builder = scene.anvil.account(5).address
      const earlier = await scene.anvil.provider.getBlockNumber()
      await (await scene.datanets.setBuilder(datanetId, builder, true)).wait()
      expect((await take({ builder })).files).to.deep.equal([])
      expect((await faultOf(take({ builder, blockTag: earlier })))?.code).to.equal('NOT_PERMITTED')
    })
  })

  it('names the reason of the chain when there is no such Datanet', async () => {
    const fault = await faultOf(take({ datanetId: 999 }))
    expect(fault?.code).to.equal('CHAIN_CALL_FAILED')
    expect(fault?.data).to.have.property('reason', `DatanetRegistry_UnknownDatanet(999, ${datanetId})`)
  })

  it('rejects with UNKNOWN_BLOCK when the node has no such block', async () => {
    expect(await faultOf(take({ blockTag: 1_000_000 }))).to.deep.equal({
      code: 'UNKNOWN_BLOCK',
      data: { blockTag: '1000000' },
    })
  })

  describe('given an item that does not fit', () => {
    const texts = { 'a.sol': 'contract A {}', 'b.sol': 'contract Tampered {}', 'c.sol': 'contract C {}' }
    const outcome = ({ files, refused }: SnapshotResult): unknown => ({
      files: files.map(({ name }) => name),
      refused: refused.map(({ reason }) => reason),
    })

    it('refuses only the item whose stored bytes were changed', async () => {
      await scene.contribute(datanetId, 1, texts)
      await writeFile(scene.pathOf(sha256(Buffer.from(texts['b.sol']))), 'contract Evil {}')
      const result = await take()
      expect(outcome(result)).to.deep.equal({ files: ['a.sol', 'c.sol'], refused: ['UNAVAILABLE'] })
      expect(result.refused[0]!.id).to.equal(result.files[0]!.id + 1)
      expect(result.refused[0]!.detail).to.contain('damaged')
    })

    it('refuses only the item whose bytes are missing', async () => {
      const missing = `contract Missing${datanetId} {}`
      await scene.contribute(datanetId, 1, { ...texts, 'b.sol': missing })
      await unlink(scene.pathOf(sha256(Buffer.from(missing))))
      expect(outcome(await take())).to.deep.equal({ files: ['a.sol', 'c.sol'], refused: ['UNAVAILABLE'] })
    })

    it('does not believe a store that gives other bytes than asked for', async () => {
      await scene.contribute(datanetId, 1, { 'a.sol': texts['a.sol'], 'c.sol': texts['c.sol'] })
      const wrong = sha256(Buffer.from(texts['a.sol']))
      const get = async (digest: Digest): Promise<Uint8Array> =>
        digest === wrong ? Buffer.from('other') : scene.content.get(digest)
      const lying: ContentStore = { put: bytes => scene.content.put(bytes), has: scene.content.has, get }
      expect(outcome(await take({ content: lying }))).to.deep.equal({
        files: ['c.sol'],
        refused: ['WRONG_CONTENT'],
      })
    })

    it('refuses an item whose size the manifest misstates', async () => {
      await scene.contributeChanged(datanetId, 1, manifest => ({
        ...manifest,
        items: manifest.items.map((item, i) => ({ ...item, size: item.size + i })),
      }))
      expect(outcome(await take())).to.deep.equal({ files: ['a.sol'], refused: ['WRONG_CONTENT'] })
    })
  })

  describe('given a batch whose manifest is not the committed one', () => {
    const reasons = async (): Promise<string[]> => {
      await scene.contribute(datanetId, 2, { 'good.sol': 'contract Good {}' })
      const { files, refused } = await take()
      expect(files.map(({ name }) => name)).to.deep.equal(['good.sol'])
      expect(refused.map(({ reason, count }) => [reason, count])).to.deep.equal([['INVALID_BATCH', 2]])
      return refused.map(({ detail }) => detail)
    }

    it('refuses all of it when one digest was changed after the commitment', async () => {
      const other = await scene.content.put(Buffer.from('contract Other {}'))
      await scene.contributeChanged(datanetId, 1, manifest => ({
        ...manifest,
        items: manifest.items.map((item, i) => (i === 0 ? { ...item, digest: other } : item)),
      }))
      expect((await reasons())[0]).to.match(/^items hash to 0x[0-9a-f]{64}, on chain 0x/)
    })

    it('refuses all of it when two items changed places', async () => {
      await scene.contributeChanged(datanetId, 1, manifest => ({
        ...manifest,
        items: manifest.items.toReversed(),
      }))
      expect((await reasons())[0]).to.match(/^items hash to/)
    })

    it('refuses a manifest of another contributor', async () => {
      const contributor = scene.anvil.account(3).address
      await scene.contributeChanged(datanetId, 1, manifest => ({ ...manifest, contributor }))
      expect((await reasons())[0]).to.equal(
        `contributor ${contributor}, on chain ${scene.anvil.account(1).address}`,
      )
    })

    it('refuses a manifest of another Datanet', async () => {
      await scene.contributeChanged(datanetId, 1, manifest => ({ ...manifest, datanetId: 77 }))
      expect((await reasons())[0]).to.equal(`datanet 77, on chain ${datanetId}`)
    })

    it('refuses a manifest with fewer items', async () => {
      await scene.contributeChanged(datanetId, 1, manifest => ({
        ...manifest,
        items: manifest.items.slice(1),
      }))
      expect((await reasons())[0]).to.equal('1 items, on chain 2')
    })

    it('refuses what is no manifest', async () => {
      await scene.contributeChanged(datanetId, 1, () => ({ items: 'none' }))
      expect((await reasons())[0]).to.contain('not a valid open-datanets/batch')
    })
  })

  it('refuses a batch whose manifest is not published', async () => {
    await scene.contributeChanged(datanetId, 1, manifest => ({ ...manifest, unique: datanetId }))
    const [event] = await scene.datanets.queryFilter(scene.datanets.filters.BatchCommitted(datanetId))
    await unlink(scene.pathOf(event!.args.manifestDigest as Digest))
    const { files, refused } = await take()
    expect(files).to.deep.equal([])
    expect(refused.map(({ reason, count }) => [reason, count])).to.deep.equal([['UNAVAILABLE', 2]])
  })

  describe('given contributions that their contributor took back', () => {
    const texts = { 'a.sol': 'contract A {}', 'b.sol': 'contract B {}', 'c.sol': 'contract C {}' }
    const names = ({ files }: SnapshotResult): string[] => files.map(({ name }) => name)

    it('leaves out the withdrawn ones from that block on, and says so in the snapshot', async () => {
      const first = await scene.nextId(1)
      await scene.contribute(datanetId, 1, texts)
      const before = await take()
      await (await scene.datanets.connect(scene.anvil.account(1)).withdraw(first + 1, 1)).wait()
      const after = await take()
      expect([names(before), names(after)]).to.deep.equal([
        ['a.sol', 'b.sol', 'c.sol'],
        ['a.sol', 'c.sol'],
      ])
      expect(after.snapshot.refused).to.deep.equal([{ id: first + 1, count: 1, reason: 'WITHDRAWN' }])
      expect(names(await take({ blockTag: before.snapshot.blockNumber }))).to.have.length(3)
    })

    it('leaves out the replaced ones and takes their successors', async () => {
      const first = await scene.nextId(1)
      await scene.contribute(datanetId, 1, texts)
      const successor = await scene.nextId(1)
      await scene.contribute(datanetId, 1, { 'a2.sol': 'contract A2 {}' })
      await (await scene.datanets.connect(scene.anvil.account(1)).succeed(first, successor, 1)).wait()
      const result = await take()
      expect(names(result)).to.deep.equal(['b.sol', 'c.sol', 'a2.sol'])
      expect(result.refused.map(({ reason }) => reason)).to.deep.equal(['SUPERSEDED'])
    })
  })

  it('takes of a curated Datanet what its owner accepted', async () => {
    datanetId = await scene.createDatanet(2)
    for (const name of ['a.sol', 'b.sol', 'c.sol'])
      await scene.contribute(datanetId, 1, { [name]: `contract ${name[0]!.toUpperCase()} {}` })
    const events = await scene.datanets.queryFilter(scene.datanets.filters.BatchCommitted(datanetId))
    const [a, b] = events.map(({ args }) => args.firstContributionId)
    await (await scene.datanets.decideBatch(datanetId, a!, true)).wait()
    await (await scene.datanets.decideBatch(datanetId, b!, false)).wait()
    const { files, refused } = await take()
    expect(files.map(({ name }) => name)).to.deep.equal(['a.sol'])
    expect(refused.map(({ reason }) => reason)).to.deep.equal(['REFUSED', 'UNDECIDED'])
  })
})
