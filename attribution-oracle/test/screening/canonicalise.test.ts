import { expect } from 'chai'
import { canonicalise } from '../../src/screening'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('canonicalise', () => {
  it('drops the byte order mark and turns every line end into a line feed', () => {
    expect(canonicalise(bytes('\uFEFFa\r\nb\rc\n'))?.text).to.equal('a\nb\nc\n')
  })

  it('gives the bytes of the text that it returns', () => {
    const canonical = canonicalise(bytes('// ä\r\ncontract A {}'))
    expect(canonical?.bytes).to.deep.equal(bytes('// ä\ncontract A {}'))
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(canonicalise(Uint8Array.of(0x61, 0xff, 0x62))).to.equal(undefined)
  })

  it('refuses a NUL, which no text holds', () => {
    expect(canonicalise(bytes('a\0b'))).to.equal(undefined)
  })
})
