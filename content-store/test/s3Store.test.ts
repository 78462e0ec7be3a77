import { expect } from 'chai'
import { openContentStore, sha256, type ContentStore } from '../src'
import { failure } from './failure'
import { startBucket, type Bucket } from './scene/bucketServer'

const REGION = 'eu-central-1'
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cret/with+signs' }
const bytes = new TextEncoder().encode('contribution')

describe('a content store in a bucket', () => {
  let bucket: Bucket
  const store = (keys = credentials, region = REGION, prefix = '/deep/er'): ContentStore =>
    openContentStore({
      stores: [`s3://models${prefix}?endpoint=${encodeURIComponent(bucket.server.url)}&region=${region}`],
      credentials: keys,
      patience: { attempts: 2, firstDelayMs: 1 },
    })
  beforeEach(async () => {
    bucket = await startBucket({ [credentials.accessKeyId]: credentials.secretAccessKey }, REGION)
  })
  afterEach(() => bucket.server.stop())

  it('keeps and gives what was put, signed, where a folder would have it', async () => {
    const digest = await store().put(bytes)
    const path = `models/deep/er/objects/${digest.slice(2, 4)}/${digest.slice(2)}`
    expect([...bucket.objects.keys()]).to.deep.equal([path])
    expect(await store().get(digest)).to.deep.equal(bytes)
    expect(await store().has(digest)).to.equal(true)
    expect(await store().has(sha256(new Uint8Array([1])))).to.equal(false)
    expect(bucket.refusals).to.deep.equal([])
  })

  it('sends bytes once, and again when what lies there has another size', async () => {
    const digest = await store().put(bytes)
    await store().put(bytes)
    const puts = (): number => bucket.server.asked.filter(({ method }) => method === 'PUT').length
    expect(puts()).to.equal(1)
    for (const path of bucket.objects.keys()) bucket.objects.set(path, Buffer.from('cut'))
    expect((await failure(store().get(digest))).code).to.equal('DIGEST_MISMATCH')
    await store().put(bytes)
    expect(puts()).to.equal(2)
    expect(await store().get(digest)).to.deep.equal(bytes)
  })

  it('keeps an area apart from content, and renews it with every put', async () => {
    const location = `s3://models/deep?endpoint=${encodeURIComponent(bucket.server.url)}&region=${REGION}`
    const area = openContentStore({
      stores: ['https://gateway.example', location],
      area: 'work',
      credentials,
    })
    const digest = await area.put(bytes)
    await area.put(bytes)
    const path = `/models/deep/work/objects/${digest.slice(2, 4)}/${digest.slice(2)}`
    const puts = bucket.server.asked.filter(({ method }) => method === 'PUT')
    expect(puts.map(each => each.path)).to.deep.equal([path, path])
    expect(await area.get(digest)).to.deep.equal(bytes)
    expect((await failure(store(credentials, REGION, '/deep').get(digest))).code).to.equal('CONTENT_MISSING')
    expect(() => openContentStore({ stores: ['https://user:pass@gateway.example'], area: 'work' })).to.throw(
      /takes anything.*gateway\.example/s,
    )
  })

  it('takes a bucket without a prefix, and content of no bytes', async () => {
    const digest = await store(credentials, REGION, '').put(new Uint8Array())
    expect(await store(credentials, REGION, '').get(digest)).to.deep.equal(new Uint8Array())
  })

  it('is refused with another key, secret or region, and never shows the secret', async () => {
    const wrong = [
      store({ ...credentials, accessKeyId: 'OTHER' }),
      store({ ...credentials, secretAccessKey: 's3cret' }),
      store(credentials, 'us-east-1'),
    ]
    for (const each of wrong) {
      const digest = sha256(bytes)
      for (const run of [() => each.put(bytes), () => each.get(digest), () => each.has(digest)]) {
        const error = await failure(run())
        expect(error.code).to.equal('CONTENT_REFUSED')
        expect(`${error.stack}${JSON.stringify(error.data)}`).to.not.match(/s3cret|AKID|OTHER/)
      }
    }
    expect(bucket.refusals).to.include.members(['unknown key OTHER', 'the signature'])
    expect(bucket.objects.size).to.equal(0)
  })

  it('refuses a location that is no bucket, or has credentials where logs show them', async () => {
    const wrong = [
      's3://key:s3cret@models/x',
      's3://Models_/x',
      's3://models?endpoint=ftp://host',
      's3://models?endpoint=nowhere',
      'gopher://models',
      'https://:::s3cret',
    ]
    for (const location of wrong) {
      const error = await failure((async () => openContentStore({ stores: [location], credentials }))())
      expect(error.code, location).to.equal('NOT_A_STORE')
      expect(error.message).to.not.contain('s3cret')
    }
    const without = await failure((async () => openContentStore('s3://models'))())
    expect(without.message).to.contain('no credentials')
  })
})
