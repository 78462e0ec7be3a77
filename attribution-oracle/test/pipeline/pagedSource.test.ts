import { expect } from 'chai'
import fc from 'fast-check'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PAGE_BYTES, PageCache } from '../../src/corpusIndex'
import { isFault } from '../../src/errors'
import { PagedSource } from '../../src/pipeline/apiReading/pagedSource'

describe('PagedSource', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'paged-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const written = async (name: string, bytes: Uint8Array): Promise<string> => {
    const file = path.join(folder, name)
    await writeFile(file, bytes)
    return file
  }
  const bytesOf = (length: number, seed: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * seed) & 255)

  it('gives the bytes of each file, however few pages the shared cache has', async () => {
    const contents = [bytesOf(20 * PAGE_BYTES + 17, 3), bytesOf(7 * PAGE_BYTES, 5)]
    const cache = new PageCache(4 * PAGE_BYTES)
    const sources = [
      new PagedSource(await written('a', contents[0]!), cache),
      new PagedSource(await written('b', contents[1]!), cache),
    ]
    fc.assert(
      fc.property(fc.nat(1), fc.nat(), fc.nat(6 * PAGE_BYTES), (which, from, most) => {
        const [content, source] = [contents[which]!, sources[which]!]
        const at = from % content.length
        const into = new Uint8Array(Math.min(most, content.length - at))
        source.read(at, into)
        expect(Buffer.compare(into, content.subarray(at, at + into.length))).to.equal(0)
      }),
      { numRuns: 500 },
    )
    sources.forEach(source => source.close())
  })

  describe('warm', () => {
    it('reads a file ahead of all questions: what becomes of it then is not noticed', async () => {
      const content = bytesOf(1030 * PAGE_BYTES + 5, 11)
      const file = await written('warm', content)
      const source = new PagedSource(file, new PageCache(1031 * PAGE_BYTES))
      source.read(3 * PAGE_BYTES, new Uint8Array(8))
      await source.warm()
      await truncate(file, 0)
      const into = new Uint8Array(PAGE_BYTES + 2)
      for (let at = 0; at < content.length; at += into.length) {
        const part = into.subarray(0, Math.min(into.length, content.length - at))
        source.read(at, part)
        expect(Buffer.compare(part, content.subarray(at, at + part.length))).to.equal(0)
      }
      source.close()
    })

    it('leaves a file alone that the cache has no room for, and one that is closed meanwhile', async () => {
      const file = await written('large', bytesOf(5 * PAGE_BYTES, 13))
      const cache = new PageCache(4 * PAGE_BYTES)
      const large = new PagedSource(file, cache)
      await large.warm()
      expect(cache.used.some(used => used === 1)).to.equal(false)
      large.close()
      const roomy = new PageCache(8 * PAGE_BYTES)
      const closing = new PagedSource(file, roomy)
      const warming = closing.warm()
      closing.close()
      await warming
      expect(roomy.used.some(used => used === 1)).to.equal(false)
    })
  })

  it('says what is wrong with a file that is cut or gone', async () => {
    const file = await written('c', bytesOf(3 * PAGE_BYTES, 7))
    const source = new PagedSource(file, new PageCache(4 * PAGE_BYTES))
    await truncate(file, PAGE_BYTES)
    const into = new Uint8Array(8)
    try {
      source.read(2 * PAGE_BYTES, into)
      expect.fail('it was read')
    } catch (error) {
      expect(isFault(error, 'TREE_UNREADABLE') && error.data.file).to.equal(file)
    }
    source.close()
    expect(() => new PagedSource(path.join(folder, 'none'), new PageCache(1))).to.throw('TREE_UNREADABLE')
  })
})
