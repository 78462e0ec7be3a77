import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adapterToSafetensors, loraLayout, parameterCount, type Linear } from '@open-datanets/onnx-engine'
import { AdapterStore } from '../../src/adapters/adapterStore'
import {
  ContentStoreError,
  openContentStore,
  type ContentStore,
  type Digest,
} from '@open-datanets/content-store'
import { expectFault } from '../expectFault'
import { baseDigest, config, lora, tinyAdapter, tinyAdapterFile } from '../tinyModels'

describe('AdapterStore', () => {
  let folder: string
  let content: ContentStore
  let digests: Digest[]
  let size: number

  function storeOf(adapters: number, over: Partial<typeof lora> = {}): AdapterStore {
    const options = {
      base: baseDigest,
      shape: { config, ...lora, ...over },
      bytesLimit: adapters * size,
    }
    return new AdapterStore(options, content)
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adapters-'))
    content = openContentStore(folder)
    digests = await Promise.all(['a', 'b', 'c'].map(seed => content.put(tinyAdapterFile(seed))))
    size = 4 * parameterCount(loraLayout(config, lora))
  })
  after(() => rm(folder, { recursive: true }))

  it('counts the bytes of what it keeps', async () => {
    const store = storeOf(2)
    const { bytes } = await store.get(digests[0] as Digest)
    expect(bytes).to.equal(size)
    expect(store.bytes).to.equal(size)
  })

  it('forgets what was used least recently when the memory is full', async () => {
    const store = storeOf(2)
    const [a, b, c] = digests as [Digest, Digest, Digest]
    const first = await store.get(a)
    await store.get(b)
    expect(await store.get(a)).to.equal(first)
    await store.get(c)
    expect([a, b, c].map(digest => store.isDecoded(digest))).to.deep.equal([true, false, true])
    expect(store.bytes).to.equal(2 * size)
    expect((await store.get(b)).lora).to.deep.equal(tinyAdapter('b'))
  })

  it('serves an adapter that is larger than its memory, without keeping it', async () => {
    const store = storeOf(0.5)
    expect((await store.get(digests[0] as Digest)).bytes).to.equal(size)
    expect(store.bytes).to.equal(0)
  })

  it('loads once for requests that come together', async () => {
    const store = storeOf(2)
    const loads = await Promise.all(Array.from({ length: 5 }, () => store.get(digests[0] as Digest)))
    expect(new Set(loads).size).to.equal(1)
    expect(store.bytes).to.equal(size)
  })

  it('takes less memory for a smaller rank', async () => {
    const digest = await content.put(tinyAdapterFile('small', { rank: 2 }))
    expect((await storeOf(2).get(digest)).bytes).to.equal(size / 2)
  })

  it('refuses another width than its layers have', async () => {
    const wider = tinyAdapter('wide', lora.rank, { ...config, width: 2 * config.width })
    const file = adapterToSafetensors(wider, { metadata: { base: baseDigest } })
    const digest = await content.put(file)
    await expectFault(storeOf(2).get(digest), 'ADAPTER_UNFIT', {
      digest,
      got: 'layers.0.attention.query float32 [64, 4] x float32 [4, 64]',
      expected: 'float32 [32, 4] x float32 [4, 32]',
    })
  })

  it('refuses an adapter of another base', async () => {
    const digest = await content.put(tinyAdapterFile('foreign', { base: `0x${'cd'.repeat(32)}` }))
    const data = { got: `0x${'cd'.repeat(32)}`, expected: baseDigest }
    await expectFault(storeOf(2).get(digest), 'BASE_MISMATCH', data)
  })

  it('refuses an adapter that does not say its base', async () => {
    const digest = await content.put(adapterToSafetensors(tinyAdapter('unnamed')))
    await expectFault(storeOf(2).get(digest), 'BASE_MISMATCH', { got: 'no digest' })
  })

  it('refuses a larger rank than the slots have', async () => {
    const store = storeOf(2, { rank: 2 })
    await expectFault(store.get(digests[0] as Digest), 'ADAPTER_UNFIT', {
      got: 'rank 4',
      expected: 'rank up to 2',
    })
  })

  it('refuses a layer that the slots do not have', async () => {
    const store = storeOf(2, { targets: ['query', 'value', 'down'] satisfies Linear[] })
    await expectFault(store.get(digests[0] as Digest), 'ADAPTER_UNFIT', { got: 'layers.0.mlp.up' })
  })

  it('refuses other bytes than the digest names, and asks again the next time', async () => {
    const bytes = tinyAdapterFile('tampered')
    const digest = await content.put(bytes)
    const path = join(folder, 'objects', digest.slice(2, 4), digest.slice(2))
    await writeFile(
      path,
      bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)),
    )
    const store = storeOf(2)
    const fault: unknown = await store.get(digest).catch((error: unknown) => error)
    expect(fault).to.be.instanceOf(ContentStoreError).with.property('code', 'CONTENT_CORRUPT')
    await writeFile(path, bytes)
    expect((await store.get(digest)).digest).to.equal(digest)
  })
})
