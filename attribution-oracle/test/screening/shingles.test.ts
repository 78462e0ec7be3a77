import { expect } from 'chai'
import fc from 'fast-check'
import { readLexemes } from '../../src/screening/lexemes'
import { setOf, shinglesOf as shingles, streamHash } from '../../src/screening/shingles'
import { renamedCopy, sourcesOf } from './solidity'

function shinglesOf(text: string, length = 16): Float64Array {
  const { codes, identifiers } = readLexemes(text)
  return setOf(shingles(codes, identifiers, length))
}

describe('shingles', () => {
  const files = sourcesOf('solmate')

  it('do not change when every name of a file is replaced', () => {
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.stringMatching(/^[a-z]{1,6}$/), ({ text }, prefix) => {
        expect(shinglesOf(renamedCopy(text, `${prefix}_`))).to.deep.equal(shinglesOf(text))
      }),
      { numRuns: 25 },
    )
  })

  it('change when two names are confused', () => {
    const text = 'function f(uint256 a, uint256 b) internal { return a - b * a / b; }'
    expect(shinglesOf(text)).not.to.deep.equal(shinglesOf(text.replace('a - b', 'a - a')))
  })

  it('keep most of the set when functions change places', () => {
    const [first, second] = ['f', 'g'].map(
      name =>
        `function ${name}(uint256 a) internal returns (uint256) { for (uint256 i; i < a; ++i) { a += i; } return a; }`,
    ) as [string, string]
    const third =
      'function h(address to, bytes memory data) external { (bool ok,) = to.call(data); require(ok); }'
    const before = new Set(shinglesOf(`${first}\n${second}\n${third}`))
    const after = [...shinglesOf(`${third}\n${first}\n${second}`)]
    expect(after.filter(shingle => before.has(shingle)).length / after.length).to.be.above(0.6)
  })

  it('come as an ascending set', () => {
    const set = shinglesOf((files[0] as { text: string }).text)
    for (let index = 1; index < set.length; index++) expect(set[index]).to.be.above(set[index - 1] as number)
  })

  it('of the whole stream are equal exactly for files that differ in names only', () => {
    const hash = (text: string): number => {
      const { codes, identifiers } = readLexemes(text)
      return streamHash(codes, identifiers)
    }
    expect(hash('contract A { B c; }')).to.equal(hash('contract X { Y z; }'))
    expect(hash('contract A { B c; }')).not.to.equal(hash('contract X { X z; }'))
  })
})
