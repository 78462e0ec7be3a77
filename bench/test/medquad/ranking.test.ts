import { expect } from 'chai'
import { byInstitute, ranksFirst, share } from '../../src/medquad/ranking'

const OWNERS = [0, 1, 0, 0]
/** Four rows, one question. */
const SCORES = { rows: 4, columns: 1, data: new Float64Array([1, 2.5, 1, 1]) }

describe('byInstitute', () => {
  it('adds up, averages, or takes the best row', () => {
    expect(byInstitute(SCORES, OWNERS, 2, 'sum')).to.deep.equal([[3, 2.5]])
    expect(byInstitute(SCORES, OWNERS, 2, 'mean')).to.deep.equal([[1, 2.5]])
    expect(byInstitute(SCORES, OWNERS, 2, 'best row')).to.deep.equal([[1, 2.5]])
  })
})

describe('ranksFirst', () => {
  it('is true for the institute with the highest score', () => {
    const scores = [
      [3, 2],
      [3, 2],
    ]
    expect(ranksFirst(scores, [0, 1])).to.deep.equal([true, false])
  })

  describe('given a tie', () => {
    it('counts as a miss', () => {
      expect(ranksFirst([[2, 2]], [0])).to.deep.equal([false])
    })
  })

  describe('given a score that is no number', () => {
    it('counts as a miss', () => {
      expect(ranksFirst([[NaN, 1]], [0])).to.deep.equal([false])
    })
  })
})

describe('share', () => {
  it('is the part of hits', () => {
    expect(share([true, false, true, true])).to.equal(0.75)
  })
})
