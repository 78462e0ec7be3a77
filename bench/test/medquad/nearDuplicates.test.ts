import { expect } from 'chai'
import { PassageShingles } from '../../src/medquad/nearDuplicates'

const TEXT = 'one two three four five six seven eight nine ten eleven'

describe('PassageShingles', () => {
  it('finds a text whatever its case and marks', () => {
    expect(new PassageShingles([TEXT]).containment(TEXT.toUpperCase().replaceAll(' ', ', '))).to.equal(1)
  })

  it('counts the shingles that lie in one passage, not in several together', () => {
    const words = TEXT.split(' ')
    const halves = [words.slice(0, 9).join(' '), words.slice(2).join(' ')]
    expect(new PassageShingles(halves).containment(TEXT)).to.equal(0.5)
  })

  it('is 0 for another order of the same words', () => {
    expect(new PassageShingles([TEXT]).containment(TEXT.split(' ').reverse().join(' '))).to.equal(0)
  })

  it('takes a short text as one shingle', () => {
    const shingles = new PassageShingles(['yes it is', 'no'])
    expect(shingles.containment('Yes, it is.')).to.equal(1)
    expect(shingles.containment('it is')).to.equal(0)
    expect(shingles.containment('')).to.equal(0)
  })
})
