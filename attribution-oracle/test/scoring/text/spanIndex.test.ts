import { expect } from 'chai'
import fc from 'fast-check'
import { MemoryShard } from '../../../src/scoring/text/memoryShard'
import { SpanIndex } from '../../../src/scoring/text/spanIndex'
import { isFault } from '../../../src/errors'
import { naiveSpans, naiveWeight } from './naiveSpans'

describe('SpanIndex', () => {
  const tokens = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 })
  const corpus = fc.array(fc.record({ tokens, cluster: fc.integer({ min: 0, max: 3 }) }), {
    minLength: 1,
    maxLength: 8,
  })

  const open = (
    documents: readonly { tokens: number[]; cluster: number }[],
    { withdrawn = [] as number[], cuts = [] as number[], minLength = 2 } = {},
  ): SpanIndex => {
    const bounds = [0, ...cuts, documents.length]
    const shards = bounds.slice(1).map((end, i) => {
      const part = documents.slice(bounds[i], end)
      return MemoryShard.build(
        part.map(document => document.tokens),
        Int32Array.from(part, (_, k) => bounds[i]! + k),
      )
    })
    const clusters = documents.map(({ cluster }) => cluster)
    return new SpanIndex(
      shards,
      { contributors: documents.map((_, i) => i), clusters, withdrawn },
      { minLength },
    )
  }

  it('finds what trying every part finds', () => {
    fc.assert(
      fc.property(corpus, tokens, (documents, response) => {
        const spans = open(documents).spansOf(response)
        expect(
          spans.map(({ start, length, clusters }) => ({ start, length, clusters: [...clusters] })),
        ).to.deep.equal(naiveSpans(documents, response, 2))
        for (const { start, length, weight } of spans)
          expect(weight).to.be.closeTo(naiveWeight(documents, response.slice(start, start + length)), 1e-12)
      }),
    )
  })

  it('answers the same however the documents lie in shards', () => {
    fc.assert(
      fc.property(corpus, tokens, fc.nat(), (documents, response, cut) => {
        const cuts = [cut % (documents.length + 1)]
        expect(open(documents, { cuts }).spansOf(response)).to.deep.equal(open(documents).spansOf(response))
        expect(open(documents, { cuts }).scores(response)).to.deep.equal(open(documents).scores(response))
      }),
    )
  })

  it('answers for withdrawn documents as if they had never been there', () => {
    fc.assert(
      fc.property(corpus, tokens, fc.array(fc.nat(), { maxLength: 4 }), (documents, response, chosen) => {
        const withdrawn = chosen.map(number => number % documents.length)
        const left = documents.map((document, i) =>
          withdrawn.includes(i) ? { ...document, tokens: [] } : document,
        )
        const masked = open(documents, { withdrawn })
        expect(masked.spansOf(response)).to.deep.equal(open(left).spansOf(response))
        expect(withdrawn.map(i => masked.scores(response).documents[i])).to.deep.equal(withdrawn.map(() => 0))
      }),
    )
  })

  it('gives every share to somebody', () => {
    fc.assert(
      fc.property(corpus, tokens, (documents, response) => {
        const index = open(documents)
        const whole = index.spansOf(response).reduce((sum, { weight }) => sum + weight, 0)
        const shares = index.scores(response)
        for (const part of [shares.documents, shares.clusters, shares.contributors])
          expect(part.reduce((sum, share) => sum + share, 0)).to.be.closeTo(whole, 1e-12 * (1 + whole))
      }),
    )
  })

  it('has these bits on every machine', () => {
    const documents = Array.from({ length: 9 }, (_, i) => ({
      tokens: Array.from({ length: 50 }, (_, k) => (i * k * k + k) % 23),
      contributor: i % 3,
    }))
    const response = documents.flatMap(({ tokens }, i) => tokens.slice(i, 2 * i + 4))
    const { contributors } = SpanIndex.build(documents).scores(response)
    expect(Buffer.from(contributors.buffer).toString('hex')).to.equal(
      'd8f4be99a4c4514000d3f531b6ba5740f08d5db4f2906040',
    )
  })

  describe('given two documents that follow one another', () => {
    it('matches neither beyond its end, nor into the other', () => {
      const index = SpanIndex.build([
        { tokens: [1, 2, 3], contributor: 0 },
        { tokens: [4, 5, 6], contributor: 1 },
      ])
      expect(index.spansOf([1, 2, 3, 4, 5, 6]).map(({ start, length }) => [start, length])).to.deep.equal([
        [0, 3],
        [3, 3],
      ])
    })
  })

  describe('given a copy', () => {
    const phrase = [5, 6, 7, 8]
    const rest = { tokens: [1, 2, 3, 4, 1, 2], contributor: 2, cluster: 1 }
    const original = { tokens: phrase, contributor: 0, cluster: 0 }
    const copy = { tokens: phrase, contributor: 1, cluster: 0 }

    it('pays it nothing, and the original no less', () => {
      const { contributors } = SpanIndex.build([original, rest, copy]).scores(phrase)
      const ofCluster = SpanIndex.build([original, rest, copy]).spansOf(phrase)[0]!.weight
      expect([...contributors]).to.deep.equal([ofCluster, 0, 0])
    })

    it('pays it when the original is withdrawn', () => {
      const shard = MemoryShard.build([original.tokens, rest.tokens, copy.tokens])
      const tables = { contributors: [0, 2, 1], clusters: [0, 1, 0], withdrawn: [0] }
      expect(new SpanIndex([shard], tables).scores(phrase).documents[2]).to.be.greaterThan(0)
    })

    it('splits the phrase when the two are different content', () => {
      const { contributors } = SpanIndex.build([original, rest, { ...copy, cluster: 2 }]).scores(phrase)
      expect(contributors[0]).to.equal(contributors[1])
    })
  })

  describe('given a response that repeats itself', () => {
    it('counts what it says once', () => {
      const index = SpanIndex.build([
        { tokens: [1, 2, 3], contributor: 0 },
        { tokens: [4, 5, 6, 7], contributor: 1 },
      ])
      expect(index.spansOf([1, 2, 3, 9, 1, 2, 3, 9, 1, 2, 3])).to.deep.equal(index.spansOf([1, 2, 3]))
    })
  })

  describe('given a span of very many clusters', () => {
    it('reports it and credits nobody', () => {
      const documents = Array.from({ length: 5 }, (_, i) => ({ tokens: [1, 2, 3, 10 + i], contributor: i }))
      const index = SpanIndex.build(documents, { maxClusters: 4 })
      expect(index.spansOf([1, 2, 3])).to.have.length(1)
      expect([...index.scores([1, 2, 3]).contributors]).to.deep.equal([0, 0, 0, 0, 0])
      const atLimit = SpanIndex.build(documents, { maxClusters: 5 })
      expect(atLimit.spansOf([1, 2, 3])[0]!.clusters).to.have.length(5)
    })
  })

  it('takes an empty corpus, empty documents, an empty response and tokens that it never saw', () => {
    expect(new SpanIndex([], { contributors: [] }).spansOf([1, 2, 3])).to.deep.equal([])
    const index = SpanIndex.build([
      { tokens: [], contributor: 0 },
      { tokens: [1, 2, 3], contributor: 0 },
    ])
    expect(index.spansOf([])).to.deep.equal([])
    expect(index.spansOf([70_000, 1, 2, 3, 2 ** 31 - 2])).to.have.length(1)
  })

  it('finds tokens beyond 16 bits', () => {
    const index = SpanIndex.build([{ tokens: [65_534, 65_535, 70_000], contributor: 0 }])
    expect(index.spansOf([65_534, 65_535, 70_000])).to.have.length(1)
  })

  describe('given what is wrong', () => {
    const document = { tokens: [1, 2, 3], contributor: 0 }
    const cases: [string, () => unknown][] = [
      ['a token of a document', () => SpanIndex.build([{ ...document, tokens: [1, 2 ** 24] }])],
      ['a token that is none', () => SpanIndex.build([{ ...document, tokens: [1, NaN] }])],
      ['a token of the response', () => SpanIndex.build([document]).spansOf([1, -1])],
      ['a contributor', () => SpanIndex.build([{ ...document, contributor: -1 }])],
      ['some clusters', () => SpanIndex.build([document, { ...document, cluster: 0 }])],
      ['a length', () => SpanIndex.build([document], { minLength: 0 })],
      ['tables that lack a document', () => new SpanIndex([MemoryShard.build([[1]])], { contributors: [] })],
      ['clusters of others', () => new SpanIndex([], { contributors: [0], clusters: [0, 1] })],
      ['a withdrawn document that is none', () => new SpanIndex([], { contributors: [0], withdrawn: [1] })],
    ]
    for (const [name, work] of cases) {
      it(`names ${name}`, () => {
        expect(work)
          .to.throw()
          .that.satisfies((error: unknown) => isFault(error, 'INVALID_ARGUMENT'))
      })
    }
  })
})
