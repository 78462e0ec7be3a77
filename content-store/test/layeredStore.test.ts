import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openContentStore, sha256, type ContentEvent, type ContentStore } from '../src'
import { objectPath } from '../src/contentStore'
import { failure } from './failure'
import { startBucket, type Bucket } from './scene/bucketServer'
import { HttpServer } from './scene/httpServer'

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' }
const bytes = new TextEncoder().encode('contribution')
const digest = sha256(bytes)

describe('content stores in layers', () => {
  let folder: string
  let bucket: Bucket
  let gateway: HttpServer
  let status: number
  const events: ContentEvent[] = []
  const store = (stores?: string[]): ContentStore =>
    openContentStore({
      stores: stores ?? [folder, `s3://models?endpoint=${bucket.server.url}`, gateway.url],
      credentials,
      patience: { attempts: 1 },
      observe: event => events.push(event),
    })
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'content-'))
    bucket = await startBucket({ AKID: 'secret' }, 'us-east-1')
    status = 200
    gateway = await HttpServer.start((_, response) => response.writeHead(status).end(bytes))
    events.length = 0
  })
  afterEach(async () => {
    await bucket.server.stop()
    await gateway.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('keeps in the folder what another layer gave, and asks nobody the next time', async () => {
    expect(await store().get(digest)).to.deep.equal(bytes)
    const asked = gateway.asked.length
    expect(await store().get(digest)).to.deep.equal(bytes)
    expect(gateway.asked.length).to.equal(asked)
    const { host } = new URL(gateway.url)
    expect(events.map(({ operation, result, bytes: n }) => [operation, result, n])).to.deep.equal([
      ['get', 'miss', 0],
      ['get', 'miss', 0],
      ['get', 'hit', bytes.length],
      ['put', 'hit', bytes.length],
      ['get', 'hit', bytes.length],
    ])
    expect(events[2]!.store).to.equal(host)
  })

  it('writes to every layer that can be written', async () => {
    await store().put(bytes)
    expect(await openContentStore(folder).get(digest)).to.deep.equal(bytes)
    expect(bucket.objects.size).to.equal(1)
    expect(gateway.asked.length).to.equal(0)
  })

  it('heals a damaged file in the folder by a good copy, and says that it was damaged', async () => {
    await openContentStore(folder).put(bytes)
    await writeFile(path.join(folder, objectPath(digest)), 'tampered')
    expect(await store().get(digest)).to.deep.equal(bytes)
    expect(events[0]).to.include({ store: folder, operation: 'get', result: 'error' })
    expect(await openContentStore(folder).get(digest)).to.deep.equal(bytes)
  })

  it('reports damage that no other layer can heal', async () => {
    await openContentStore(folder).put(bytes)
    await writeFile(path.join(folder, objectPath(digest)), 'tampered')
    status = 404
    const error = await failure(store().get(digest))
    expect(error.code).to.equal('CONTENT_CORRUPT')
    expect(error.message).to.contain(digest)
  })

  it('calls nothing missing while a layer that may have it cannot be asked', async () => {
    status = 503
    expect((await failure(store().get(digest))).code).to.equal('CONTENT_UNREACHABLE')
    expect((await failure(store().has(digest))).code).to.equal('CONTENT_UNREACHABLE')
    status = 404
    const missing = await failure(store().get(digest))
    expect(missing.code).to.equal('CONTENT_MISSING')
    expect(missing.message).to.contain(new URL(gateway.url).host).and.to.contain(folder)
    expect(await store().has(digest)).to.equal(false)
  })

  it('goes on with the next layer when one is down', async () => {
    const down = 'http://127.0.0.1:1'
    expect(await store([down, gateway.url]).get(digest)).to.deep.equal(bytes)
    expect(await store([down, gateway.url]).has(digest)).to.equal(true)
  })

  it('gives good bytes that it cannot keep', async () => {
    const file = path.join(folder, 'file')
    await writeFile(file, '')
    expect(await store([path.join(file, 'below'), gateway.url]).get(digest)).to.deep.equal(bytes)
    expect(events.at(-1)).to.include({ operation: 'put', result: 'error' })
  })
})
