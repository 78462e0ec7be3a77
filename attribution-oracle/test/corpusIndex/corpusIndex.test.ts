import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { cp, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { CorpusIndex, type CorpusIndexOptions } from '../../src/corpusIndex'
import { isFault } from '../../src/errors'
import { MemoryShard } from '../../src/scoring/text/memoryShard'
import { SpanIndex } from '../../src/scoring/text/spanIndex'

type Documents = readonly (readonly number[])[]

const dependencies = {
  sort: (documents: readonly ArrayLike<number>[], numbers: Int32Array) =>
    MemoryShard.build(documents, numbers),
}

describe('CorpusIndex', () => {
  const folders: string[] = []
  const opened: CorpusIndex[] = []
  const newFolder = (): string => {
    folders.push(mkdtempSync(path.join(tmpdir(), 'corpus-index-')))
    return folders.at(-1)!
  }
  const open = async (folder: string, options: Partial<CorpusIndexOptions> = {}): Promise<CorpusIndex> => {
    opened.push(await CorpusIndex.open({ folder, cacheBytes: 4096, ...options }, dependencies))
    return opened.at(-1)!
  }
  const withEpochs = async (epochs: readonly Documents[], folder = newFolder()): Promise<CorpusIndex> => {
    const index = await open(folder)
    for (const [epoch, documents] of epochs.entries()) await index.append(epoch, documents)
    return index
  }
  afterEach(() => {
    for (const index of opened.splice(0)) index.close()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  })

  const document = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 10 })
  const epochs = fc.array(fc.array(document, { maxLength: 3 }), { minLength: 1, maxLength: 4 })
  const answers = (index: CorpusIndex, response: readonly number[], withdrawn: readonly number[] = []) => {
    const contributors = Array.from({ length: index.documents }, (_, i) => i % 3)
    const spans = new SpanIndex(index.shards, { contributors, withdrawn }, { minLength: 2 })
    return { spans: spans.spansOf(response), scores: spans.scores(response) }
  }

  describe('given some epochs', () => {
    it('answers as an index in memory, before and after merging, with and without withdrawn documents', async () => {
      const property = fc.asyncProperty(
        epochs,
        document,
        fc.array(fc.nat(), { maxLength: 3 }),
        async (added, response, chosen) => {
          const index = await withEpochs(added)
          const documents = added.flat()
          const withdrawn = documents.length > 0 ? chosen.map(number => number % documents.length) : []
          const contributors = documents.map((_, i) => i % 3)
          const memory = new SpanIndex(
            [MemoryShard.build(documents)],
            { contributors, withdrawn },
            { minLength: 2 },
          )
          const wanted = { spans: memory.spansOf(response), scores: memory.scores(response) }
          expect(answers(index, response, withdrawn)).to.deep.equal(wanted)
          await index.compact(new Set(withdrawn))
          expect(answers(index, response, withdrawn)).to.deep.equal(wanted)
          await index.compactAll(new Set(withdrawn))
          expect(index.shards.length).to.be.at.most(1)
          expect(answers(index, response, withdrawn)).to.deep.equal(wanted)
          index.close()
        },
      )
      await fc.assert(property, { numRuns: 10 })
    })

    it('has the same files for the same documents', async () => {
      const [a, b] = [await withEpochs([[[1, 2, 3]], [[4, 5]]]), await withEpochs([[[1, 2, 3]], [[4, 5]]])]
      expect(a.shards.map(({ digest }) => digest)).to.deep.equal(b.shards.map(({ digest }) => digest))
    })

    it('is what it was when it is opened again', async () => {
      const index = await withEpochs([[[1, 2, 3]], [], [[1, 2, 4]]])
      const again = await open(folders[0]!)
      expect(again.epochs).to.deep.equal([
        { epoch: 0, first: 0, documents: 1 },
        { epoch: 1, first: 1, documents: 0 },
        { epoch: 2, first: 1, documents: 1 },
      ])
      expect(answers(again, [1, 2, 4])).to.deep.equal(answers(index, [1, 2, 4]))
    })
  })

  describe('given an epoch that it has', () => {
    it('leaves it as it is', async () => {
      const index = await withEpochs([[[1, 2, 3]], [[4, 5]]])
      const before = index.shards.map(({ digest }) => digest)
      expect(await index.append(1, [[4, 5]])).to.deep.equal({ epoch: 1, first: 1, documents: 1 })
      expect(index.shards.map(({ digest }) => digest)).to.deep.equal(before)
    })

    it('refuses other documents for it, and an epoch before it', async () => {
      const index = await withEpochs([[[1, 2, 3]]])
      await index.append(5, [[1]])
      for (const [epoch, documents] of [
        [5, [[1], [2]]],
        [3, [[1]]],
      ] as const)
        expect(await faultOf(index.append(epoch, documents))).to.satisfy((e: unknown) =>
          isFault(e, 'INVALID_ARGUMENT'),
        )
    })
  })

  describe('given many epochs that are merged when due', () => {
    it('keeps few shards, and all documents', async () => {
      const index = await open(newFolder())
      for (let epoch = 0; epoch < 20; epoch++) {
        await index.append(epoch, [[epoch, 100, 101, 102]])
        await index.compact()
        expect(index.shards.length).to.be.at.most(Math.log2(epoch + 1) + 1)
      }
      expect(answers(index, [100, 101, 102]).spans[0]!.clusters).to.have.length(20)
      expect(readdirSync(path.join(folders[0]!, 'shards'))).to.have.length(index.shards.length)
    })
  })

  describe('given a vocabulary beyond 65,535', () => {
    it('takes three bytes for a token and finds it', async () => {
      const index = await withEpochs([[[65_535, 70_000, 3, 4]]])
      expect(answers(index, [65_535, 70_000, 3]).spans).to.have.length(1)
      expect((await stat(fileOf(index, 'text'))).size).to.equal(3 * 5)
    })
  })

  describe('given a large shard', () => {
    it('takes at most 7 bytes a token', async () => {
      const documents = Array.from({ length: 200 }, (_, i) =>
        Array.from({ length: 500 }, (_, k) => (i * k * k) % 30_000),
      )
      const index = await withEpochs([documents])
      const shard = path.dirname(fileOf(index, 'text'))
      const sizes = await Promise.all(
        readdirSync(shard).map(async name => (await stat(path.join(shard, name))).size),
      )
      expect(sizes.reduce((sum, size) => sum + size, 0) / 100_000).to.be.at.most(7)
    })
  })

  describe('given a cache of four pages', () => {
    it('answers as one that holds everything', async () => {
      const documents = Array.from({ length: 60 }, (_, i) =>
        Array.from({ length: 100 }, (_, k) => (i * i * k + k * k) % 300),
      )
      await withEpochs([documents.slice(0, 40), documents.slice(40)])
      const [small, large] = [opened[0]!, await open(folders[0]!, { cacheBytes: 1 << 20 })]
      const responses = documents.map((tokens, i) => [
        ...tokens.slice(i, i + 20),
        ...documents[i >> 1]!.slice(0, 20),
      ])
      for (const response of responses)
        expect(answers(small, response)).to.deep.equal(answers(large, response))
    })
  })

  describe('given a damaged file', () => {
    for (const name of ['text', 'suffixes', 'documents', 'starts', 'shard.json']) {
      it(`finds a changed byte in ${name} and names it`, async () => {
        const file = fileOf(await withEpochs([[[1, 2, 3]]]), name)
        const bytes = await readFile(file)
        bytes[bytes.length - 1]! ^= 1
        await writeFile(file, bytes)
        await expectCorrupt(open(folders[0]!), file)
        await expectCorrupt(opened[0]!.verify(), file)
      })

      it(`finds that ${name} is short, even where only sizes are checked`, async () => {
        const file = fileOf(await withEpochs([[[1, 2, 3]]]), name)
        await truncate(file, (await stat(file)).size - 1)
        await expectCorrupt(open(folders[0]!, { check: 'sizes' }), file)
      })
    }

    it('names a manifest that is none', async () => {
      await withEpochs([[[1, 2, 3]]])
      const file = path.join(folders[0]!, 'manifest.json')
      for (const text of ['', '{', '{"format":"other"}']) {
        await writeFile(file, text)
        await expectCorrupt(open(folders[0]!), file)
      }
    })

    it('says that a file is not there', async () => {
      const file = fileOf(await withEpochs([[[1, 2, 3]]]), 'text')
      rmSync(file)
      expect(await faultOf(open(folders[0]!))).to.satisfy(
        (error: unknown) => isFault(error, 'INDEX_UNREADABLE') && error.data.path === file && error.retryable,
      )
    })
  })

  describe('given a crash', () => {
    const added: Documents[] = [
      [[1, 2, 3]],
      [
        [3, 1, 2],
        [2, 3, 1],
      ],
    ]

    it('goes on from every state that the files can be left in', async () => {
      const whole = await withEpochs(added)
      await whole.compactAll()
      const wanted = answers(whole, [1, 2, 3, 1])
      // what a process that was killed leaves: a half-written shard, a shard in no manifest, a half-written manifest
      const states: ((folder: string) => Promise<void>)[] = [
        folder => cp(shardOf(whole), path.join(folder, 'shards', 'partial'), { recursive: true }),
        folder =>
          cp(shardOf(whole), path.join(folder, 'shards', path.basename(shardOf(whole))), { recursive: true }),
        folder => writeFile(path.join(folder, 'manifest.json.partial'), '{"for'),
      ]
      for (const leave of states) {
        const folder = newFolder()
        const before = await withEpochs(added.slice(0, 1), folder)
        await leave(folder)
        const index = await open(folder)
        expect(index.epochs).to.deep.equal(before.epochs)
        await index.append(1, added[1]!)
        await index.compactAll()
        expect(answers(index, [1, 2, 3, 1])).to.deep.equal(wanted)
        expect(readdirSync(path.join(folder, 'shards'))).to.deep.equal([path.basename(shardOf(whole))])
      }
    })
  })

  const shardOf = (index: CorpusIndex): string =>
    path.join(folders[0]!, 'shards', index.shards[0]!.digest.slice(2))
  const fileOf = (index: CorpusIndex, name: string): string => path.join(shardOf(index), name)

  async function expectCorrupt(work: Promise<unknown>, file: string): Promise<void> {
    expect(await faultOf(work)).to.satisfy(
      (error: unknown) => isFault(error, 'INDEX_CORRUPT') && error.data.path === file,
    )
  }

  async function faultOf(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      () => expect.fail('nothing was wrong'),
      (error: unknown) => error,
    )
  }
})
