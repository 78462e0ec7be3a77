import { expect } from 'chai'
import { readLexemes } from '../../src/screening/lexemes'

const codes = (text: string): number[] => [...readLexemes(text).codes]

describe('readLexemes', () => {
  it('drops comments and white space', () => {
    expect(codes('uint256 a; // note\n/* more */ uint256 b;')).to.deep.equal(codes('uint256 a;uint256 b;'))
  })

  it('does not take a comment mark inside a string for a comment', () => {
    const { codes: found, unbalanced } = readLexemes('string s = "// \\" {"; int a;')
    expect(found).to.have.length(8)
    expect(unbalanced).to.equal(0)
  })

  it('drops pragmas and imports, which hold no code', () => {
    expect(codes('pragma solidity ^0.8.20;\nimport {A} from "./A.sol";\ncontract B {}')).to.deep.equal(
      codes('contract B {}'),
    )
  })

  it('reads uint and uint256 as one type', () => {
    expect(codes('uint a;')).to.deep.equal(codes('uint256 a;'))
  })

  it('keeps the place of strings and numbers, not their value', () => {
    expect(codes('x = 0xff + "a";')).to.deep.equal(codes('x = 12 + "b";'))
  })

  it('counts characters that no source holds and brackets that do not match', () => {
    expect(readLexemes('a # b @ c').foreign).to.equal(2)
    expect(readLexemes('f ( [ ) {').unbalanced).to.equal(3)
  })
})
