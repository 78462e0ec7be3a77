import { expect } from 'chai'
import { ContentStoreError } from '@open-datanets/content-store'
import { type ContentStore, type Digest, sha256 } from '../../src/domain'
import { ContentCache } from '../../src/work/contentCache'

const blob = (fill: number, size: number): Uint8Array => new Uint8Array(size).fill(fill)

describe('ContentCache', () => {
  const blobs = new Map([1, 2, 3].map(fill => [sha256(blob(fill, 100)), blob(fill, 100)]))
  const [one, two, three] = [...blobs.keys()] as [Digest, Digest, Digest]
  let fetched: Digest[]
  let cache: ContentCache

  beforeEach(() => {
    fetched = []
    const content: ContentStore = {
      put: () => Promise.reject(new TypeError('nothing is put here')),
      has: digest => Promise.resolve(blobs.has(digest)),
      get(digest) {
        fetched.push(digest)
        const bytes = blobs.get(digest)
        if (bytes) return Promise.resolve(bytes)
        return Promise.reject(new ContentStoreError('CONTENT_MISSING', { digest, path: 'here' }))
      },
    }
    cache = new ContentCache(content, 200)
  })

  it('fetches once what is asked for again, at once or later', async () => {
    await Promise.all([cache.get(one), cache.get(one)])
    expect(await cache.get(one)).to.deep.equal(blob(1, 100))
    expect(fetched).to.deep.equal([one])
  })

  it('forgets what was not used for the longest time', async () => {
    for (const digest of [one, two, one, three, one, two]) await cache.get(digest)
    expect(fetched).to.deep.equal([one, two, three, two])
  })

  it('does not remember that something was missing', async () => {
    const missing = sha256(Buffer.of(9))
    for (let i = 0; i < 2; i++)
      expect(await cache.get(missing).catch((error: unknown) => error)).to.have.property(
        'code',
        'CONTENT_MISSING',
      )
    expect(fetched).to.have.length(2)
  })
})
