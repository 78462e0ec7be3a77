import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer } from '../../src/tokenizer/tokenizer'

describe('a tokenizer.json of version 1', () => {
  it('loads and encodes as it did', () => {
    const tokenizer = Tokenizer.fromJson(
      readFileSync(join(__dirname, '../vectors/tokenizer.v1.json'), 'utf8'),
    )
    expect(tokenizer.encode('function deposit(uint256 é)')).to.deep.equal([
      271, 259, 278, 77, 220, 67, 68, 79, 78, 82, 273, 7, 84, 274, 266, 21, 220, 127, 102, 8,
    ])
  })
})
