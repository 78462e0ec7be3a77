import { expect } from 'chai'
import fc from 'fast-check'
import { OnnxEngineError } from '../../src/errors'
import { Tokenizer } from '../../src/tokenizer/tokenizer'
import { trainBpe } from '../../src/tokenizer/trainBpe'

const source = `
// SPDX-License-Identifier: MIT
contract Vault {
    mapping(address => uint256) private balances;
    function deposit(uint256 amount) external { balances[msg.sender] += amount; }
    function withdraw(uint256 amount) external { balances[msg.sender] -= amount; }
}`

/** The parts of a tokenizer.json that the tests break. */
interface TokenizerDocument {
  normalizer: unknown
  added_tokens: object[]
  pre_tokenizer: Record<string, unknown>
  model: { type: string; byte_fallback: boolean; vocab: Record<string, number>; merges?: string[] }
}

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    return error instanceof OnnxEngineError ? error.code : String(error)
  }
}

const tokenizer = trainBpe([source, source], { vocabSize: 330 })

describe('Tokenizer', () => {
  describe('encode and decodeBytes', () => {
    it('round-trip any bytes', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
          expect(tokenizer.decodeBytes(tokenizer.encode(bytes))).to.deep.equal(bytes)
        }),
      )
    })

    it('round-trip any text, among broken UTF-8', () => {
      const part = fc.oneof(
        fc.string({ unit: 'binary' }).map(text => Buffer.from(text, 'utf8')),
        fc
          .constantFrom('ff', 'c3', 'eda080', 'f09f98', 'e28080', 'efbfbd', 'c2a0', '0085')
          .map(hex => Buffer.from(hex, 'hex')),
        fc.constant(Buffer.from(source)),
      )
      fc.assert(
        fc.property(fc.array(part, { maxLength: 12 }), parts => {
          const bytes = new Uint8Array(Buffer.concat(parts))
          expect(tokenizer.decodeBytes(tokenizer.encode(bytes))).to.deep.equal(bytes)
        }),
      )
    })

    it('give a text and its UTF-8 bytes the same tokens', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme' }), text => {
          expect(tokenizer.encode(text)).to.deep.equal(tokenizer.encode(Buffer.from(text)))
          expect(tokenizer.decode(tokenizer.encode(text))).to.equal(text)
        }),
      )
    })

    it('encode the special token as characters when it stands in content', () => {
      expect(tokenizer.encode('<|endoftext|>')).not.to.include(tokenizer.endOfText)
      expect(tokenizer.decode([tokenizer.endOfText])).to.equal('')
    })

    it('take a megabyte without a split in a moment', () => {
      const ids = tokenizer.encode('a'.repeat(1_000_000))
      expect(tokenizer.decodeBytes(ids)).to.have.length(1_000_000)
    })

    it('refuse an id that is not in the vocabulary', () => {
      for (const id of [-1, 0.5, tokenizer.vocabSize])
        expect(codeOf(() => tokenizer.decode([id]))).to.equal('UNKNOWN_TOKEN')
    })
  })

  describe('toJson and fromJson', () => {
    it('give back a tokenizer that encodes alike and prints alike', () => {
      const back = Tokenizer.fromJson(tokenizer.toJson())
      expect(back.toJson()).to.equal(tokenizer.toJson())
      expect(back.endOfText).to.equal(tokenizer.endOfText)
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), text => {
          expect(back.encode(source + text)).to.deep.equal(tokenizer.encode(source + text))
        }),
      )
    })

    it('read merges written as pairs, as newer Hugging Face versions do', () => {
      const document = JSON.parse(tokenizer.toJson())
      document.model.merges = document.model.merges.map((merge: string) => merge.split(' '))
      expect(Tokenizer.fromJson(JSON.stringify(document)).toJson()).to.equal(tokenizer.toJson())
    })

    const changes: [string, (document: TokenizerDocument) => void][] = [
      ['another model', d => (d.model.type = 'WordPiece')],
      ['a prefix space', d => (d.pre_tokenizer.add_prefix_space = true)],
      ['another pre-tokenizer', d => (d.pre_tokenizer.type = 'Metaspace')],
      ['a normalizer that loses text', d => (d.normalizer = { type: 'NFKC' })],
      ['byte fallback', d => (d.model.byte_fallback = true)],
      ['an added token under the id of another', d => d.added_tokens.push({ id: 3, content: '<pad>' })],
      ['an added token that strips', d => d.added_tokens.push({ id: 330, content: '<pad>', lstrip: true })],
      [
        'no end of text',
        d => {
          d.added_tokens = []
          delete d.model.vocab['<|endoftext|>']
        },
      ],
      [
        'a missing byte',
        d => {
          delete d.model.vocab['Ġ']
        },
      ],
      ['an id twice', d => (d.model.vocab['a'] = d.model.vocab['b']!)],
      ['a merge of unknown tokens', d => d.model.merges!.push('zz qq')],
      ['a merge of three', d => d.model.merges!.push('a b c')],
      [
        'no merges',
        d => {
          delete d.model.merges
        },
      ],
    ]
    for (const [what, change] of changes)
      it(`refuse ${what}`, () => {
        const document = JSON.parse(tokenizer.toJson())
        change(document)
        expect(codeOf(() => Tokenizer.fromJson(JSON.stringify(document)))).to.equal('INVALID_TOKENIZER')
      })

    it('refuse what is not JSON', () => {
      for (const text of ['', '{', 'null', '[]', '{"model":[]}'])
        expect(codeOf(() => Tokenizer.fromJson(text))).to.equal('INVALID_TOKENIZER')
    })
  })
})
