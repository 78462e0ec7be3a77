import { expect } from 'chai'
import fc from 'fast-check'
import { buildSuffixArray } from '../../../src/scoring/text/suffixArray'

type Tokens = Uint8Array | Uint16Array | Uint32Array

describe('buildSuffixArray', () => {
  const kinds = [
    { name: 'bytes', of: (tokens: number[]): Tokens => Uint8Array.from(tokens), max: 0xff },
    { name: '16 bits', of: (tokens: number[]): Tokens => Uint16Array.from(tokens), max: 0xffff },
    { name: '32 bits', of: (tokens: number[]): Tokens => Uint32Array.from(tokens), max: 0xffffffff },
  ]
  for (const { name, of, max } of kinds) {
    describe(`given ${name}`, () => {
      it('sorts as comparing whole suffixes does, for small alphabets', () => {
        fc.assert(
          fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 200 }), tokens =>
            sorted(of(tokens)),
          ),
        )
      })

      it('sorts as comparing whole suffixes does, for all tokens', () => {
        fc.assert(
          fc.property(fc.array(fc.integer({ min: 0, max }), { maxLength: 60 }), tokens => sorted(of(tokens))),
        )
      })

      it('sorts periodic text', () => {
        const period = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 7 })
        fc.assert(
          fc.property(period, fc.integer({ min: 1, max: 40 }), (tokens, times) =>
            sorted(of(Array.from({ length: times }, () => tokens).flat())),
          ),
        )
      })

      it('takes no token and one token', () => {
        expect(buildSuffixArray(of([]))).to.deep.equal(new Int32Array(0))
        expect(buildSuffixArray(of([max]))).to.deep.equal(Int32Array.of(0))
      })
    })
  }

  it('sorts words that repeat on several levels', () => {
    let [a, b] = [[0], [1, 0]]
    while (b.length < 3000) [a, b] = [b, [...b, ...a]]
    sorted(Uint8Array.from(b))
    sorted(Uint8Array.from(b).reverse())
  })

  it('sorts tokens beyond 16 bits in a text that is long for them', () => {
    const tokens = Uint32Array.from(
      { length: 40_000 },
      (_, i) => 40_000 + ((Math.imul(i, 0x9e3779b1) >>> 9) % 40_000),
    )
    sorted(tokens)
  })

  function sorted(tokens: Tokens): void {
    expect(buildSuffixArray(tokens)).to.deep.equal(naive(tokens))
  }

  function naive(tokens: Tokens): Int32Array {
    return Int32Array.from(tokens, (_, i) => i).sort((a, b) => {
      const [from, to] = [a, b]
      while (a < tokens.length && b < tokens.length && tokens[a] === tokens[b]) [a, b] = [a + 1, b + 1]
      if (a === tokens.length || b === tokens.length) return to - from
      return tokens[a]! - tokens[b]!
    })
  }
})
