import { expect } from 'chai'
import { splitPieces } from '../../src/tokenizer/pieces'

describe('splitPieces', () => {
  const cases: [string, string[]][] = [
    ['', []],
    ["it's we'll", ['it', "'s", ' we', "'ll"]],
    ['uint256 x = 10;', ['uint', '256', ' x', ' =', ' 10', ';']],
    ['{\n    return', ['{', '\n   ', ' return']],
    ['a  ', ['a', '  ']],
    ['a\u00a0b', ['a', '\u00a0', 'b']],
    ['naïve été', ['naïve', ' été']],
    // U+0085 is white space to Unicode but not to JavaScript's \s, U+FEFF the other way round.
    ['a \u0085b', ['a', ' ', '\u0085', 'b']],
    [' \ufeff', [' \ufeff']],
  ]
  for (const [text, pieces] of cases)
    it(`splits ${JSON.stringify(text)}`, () => expect(splitPieces(text)).to.deep.equal(pieces))
})
