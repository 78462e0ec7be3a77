import { expect } from 'chai'
import fc from 'fast-check'
import { repeats } from '../../../src/scoring/text/repeats'

describe('repeats', () => {
  it('is the longest part from each position that begins earlier, too', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 30 }), tokens => {
        const naive = tokens.map((_, i) => {
          const shared = (j: number): number => {
            let length = 0
            while (i + length < tokens.length && tokens[j + length] === tokens[i + length]) length++
            return length
          }
          return Math.max(0, ...Array.from({ length: i }, (_, j) => shared(j)))
        })
        expect([...repeats(Int32Array.from(tokens))]).to.deep.equal(naive)
      }),
    )
  })
})
