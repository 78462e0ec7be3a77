import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalJson } from '../src'

describe('canonicalJson', () => {
  it('sorts keys, writes no white space, and writes bigint as a decimal string', () => {
    expect(canonicalJson({ b: [1, { z: null, a: true }], a: 10n ** 30n })).to.equal(
      `{"a":"1${'0'.repeat(30)}","b":[1,{"a":true,"z":null}]}`,
    )
  })

  it('is a fixed point of parsing, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), value => {
        const shuffled = Object.fromEntries(Object.entries(value).reverse())
        const text = canonicalJson(value)
        expect(canonicalJson(shuffled)).to.equal(text)
        expect(canonicalJson(JSON.parse(text))).to.equal(text)
      }),
    )
  })

  for (const [what, value] of [
    ['NaN', { a: [Number.NaN] }],
    ['undefined', { a: [undefined] }],
    ['a date', { a: [new Date(0)] }],
  ] as const) {
    it(`refuses ${what} and names its place`, () => {
      expect(() => canonicalJson(value)).to.throw('$.a[0]')
    })
  }
})
