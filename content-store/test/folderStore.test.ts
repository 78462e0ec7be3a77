import { expect } from 'chai'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openContentStore, sha256, type ContentStoreError, type Digest } from '../src'
import { failure } from './failure'

describe('openContentStore', () => {
  let folder: string
  beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'content-'))))
  afterEach(() => rm(folder, { recursive: true }))

  it('gives back what was put, under its digest', async () => {
    const store = openContentStore(folder)
    const bytes = new TextEncoder().encode('contribution')
    const digest = await store.put(bytes)
    expect(digest).to.equal(sha256(bytes))
    expect(await store.get(digest)).to.deep.equal(bytes)
    expect(await store.has(digest)).to.equal(true)
  })

  it('leaves one whole file when the same bytes are put many times at once', async () => {
    const store = openContentStore(folder)
    const bytes = new Uint8Array(10_000).fill(7)
    const digests = await Promise.all(Array.from({ length: 8 }, () => store.put(bytes)))
    expect(new Set(digests).size).to.equal(1)
    const shelf = path.join(folder, 'objects', digests[0]!.slice(2, 4))
    expect(await readdir(shelf)).to.deep.equal([digests[0]!.slice(2)])
  })

  describe('get', () => {
    it('given bytes changed on disk: refuses with got and expected', async () => {
      const store = openContentStore(folder)
      const digest = await store.put(new Uint8Array([1, 2, 3]))
      await writeFile(path.join(folder, 'objects', digest.slice(2, 4), digest.slice(2)), new Uint8Array([9]))
      const error = await failure(store.get(digest))
      expect(error.code).to.equal('CONTENT_CORRUPT')
      expect(error.data).to.include({ got: sha256(new Uint8Array([9])), expected: digest })
    })

    it('given an absent content: names it', async () => {
      const digest = sha256(new Uint8Array([4]))
      const error = await failure(openContentStore(folder).get(digest))
      expect(error.code).to.equal('CONTENT_MISSING')
      expect(error.message).to.contain(digest)
    })

    it('given a file that is there and cannot be read: says so, and that it may be tried again', async () => {
      const store = openContentStore(folder)
      const digest = sha256(new Uint8Array([5]))
      await mkdir(path.join(folder, 'objects', digest.slice(2, 4), digest.slice(2)), { recursive: true })
      const error = await failure(store.get(digest))
      expect([error.code, error.retryable]).to.deep.equal(['CONTENT_UNREADABLE', true])
      expect((error as ContentStoreError<'CONTENT_UNREADABLE'>).data.reason).to.equal('EISDIR')
      await writeFile(path.join(folder, 'objects', '00'), '')
      const inFile = await failure(store.has(`0x${'00'.repeat(32)}`))
      expect(inFile.code).to.equal('CONTENT_UNREADABLE')
    })

    it('given more bytes than are wanted: refuses them, unless the file is only damaged', async () => {
      const store = openContentStore(folder)
      const digest = await store.put(new Uint8Array(100))
      expect(await store.get(digest, 100)).to.have.length(100)
      const error = await failure(store.get(digest, 99))
      expect([error.code, error.retryable]).to.deep.equal(['CONTENT_TOO_LARGE', false])
      expect(error.data).to.deep.equal({ digest, size: 100, maxBytes: 99 })
      const file = path.join(folder, 'objects', digest.slice(2, 4), digest.slice(2))
      await writeFile(file, new Uint8Array(101))
      expect((await failure(store.get(digest, 99))).code).to.equal('CONTENT_CORRUPT')
    })

    it('given a path instead of a digest: refuses to touch the disk', async () => {
      const error = await failure(
        openContentStore(folder)
          .get('0x../../etc/passwd' as Digest)
          .catch(e => Promise.reject(e)),
      )
      expect(error.code).to.equal('NOT_A_DIGEST')
    })
  })
})
