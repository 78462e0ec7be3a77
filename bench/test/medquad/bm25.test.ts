import { expect } from 'chai'
import { Bm25 } from '../../src/medquad/bm25'

describe('Bm25', () => {
  it('is the formula, by hand', () => {
    const index = new Bm25(['red red fox', 'fox', 'sea'])
    const rarity = (holders: number): number => Math.log(1 + (3 - holders + 0.5) / (holders + 0.5))
    const mean = 5 / 3
    const part = (count: number, length: number): number =>
      (count * 2.2) / (count + 1.2 * (0.25 + (0.75 * length) / mean))
    const [first, second, third] = index.scores('red fox')
    expect(first).to.be.closeTo(rarity(1) * part(2, 3) + rarity(2) * part(1, 3), 1e-12)
    expect(second).to.be.closeTo(rarity(2) * part(1, 1), 1e-12)
    expect(third).to.equal(0)
  })

  it('asks for each word once, whatever its case', () => {
    const index = new Bm25(['a fox', 'the sea'])
    expect(index.scores('Fox, fox; FOX')).to.deep.equal(index.scores('fox'))
  })

  it('gives nothing for words that nobody wrote', () => {
    expect(new Bm25(['a fox', 'the sea']).scores('moon')).to.deep.equal([0, 0])
  })
})
