import { expect } from 'chai'
import { VOCABULARY, zipfDocuments, zipfResponses } from '../../src/suffix/zipfText'

describe('zipfText', () => {
  const documents = zipfDocuments(40)

  it('is the same text every time', () => {
    expect(zipfDocuments(40)).to.deep.equal(documents)
    expect(zipfResponses(documents, 3)).to.deep.equal(zipfResponses(documents, 3))
  })

  it('has a few frequent words and many rare ones', () => {
    const counts = new Map<number, number>()
    for (const token of documents.flatMap(tokens => [...tokens]))
      counts.set(token, (counts.get(token) ?? 0) + 1)
    const frequencies = [...counts.values()].sort((a, b) => b - a)
    expect(Math.max(...counts.keys())).to.be.below(VOCABULARY)
    expect(frequencies[0]! / 20_000).to.be.closeTo(Math.log(2) / Math.log(VOCABULARY), 0.02)
    expect(frequencies.length).to.be.greaterThan(4000)
  })

  it('answers in 458 tokens, some of them from the documents', () => {
    const text = documents.map(tokens => tokens.join(' ')).join('\n')
    for (const response of zipfResponses(documents, 3)) {
      expect(response).to.have.length(458)
      const found = response.filter((_, i) => i < 450 && text.includes(response.slice(i, i + 8).join(' ')))
      expect(found.length).to.be.greaterThan(10)
    }
  })
})
