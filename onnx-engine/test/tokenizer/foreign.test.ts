import { expect } from 'chai'
import fc from 'fast-check'
import { OnnxEngineError } from '../../src/errors'
import { Tokenizer } from '../../src/tokenizer/tokenizer'
import { gpt2Document, llama3Document, type TokenizerDocument } from './documents'

const load = (document: TokenizerDocument, endOfText?: string): Tokenizer =>
  Tokenizer.fromJson(JSON.stringify(document), endOfText === undefined ? {} : { endOfText })

function changed(
  document: TokenizerDocument,
  change: (document: TokenizerDocument) => void,
): TokenizerDocument {
  change(document)
  return document
}

const steps = (document: TokenizerDocument) =>
  (document.pre_tokenizer as { pretokenizers: Record<string, unknown>[] }).pretokenizers

const documents: Record<string, () => TokenizerDocument> = {
  'GPT-2': gpt2Document,
  'Llama 3': llama3Document,
  'GPT-4, as converted': () =>
    changed(llama3Document(), d => Object.assign(steps(d)[0]!, { behavior: 'Removed', invert: true })),
  'digits one by one': () =>
    changed(llama3Document(), d => (steps(d)[0] = { type: 'Digits', individual_digits: true })),
}

for (const [name, document] of Object.entries(documents))
  describe(`a tokenizer.json in the style of ${name}`, () => {
    const tokenizer = load(document())

    it('gives any bytes back, whether special tokens are looked for or not', () => {
      const part = fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.string({ unit: 'binary' }).map(text => Buffer.from(text)),
        fc
          .constantFrom('<|endoftext|>', '<|eot_id|>', '<tool>', '<tool>s', ' the', "'LL", '123', '\n\n')
          .map(text => Buffer.from(text)),
      )
      fc.assert(
        fc.property(fc.array(part, { maxLength: 8 }), fc.boolean(), (parts, specialTokens) => {
          const bytes = new Uint8Array(Buffer.concat(parts))
          const ids = tokenizer.encode(bytes, { specialTokens })
          expect(tokenizer.decodeBytes(ids, { specialTokens })).to.deep.equal(bytes)
        }),
      )
    })

    it('is written as it was read', () => {
      const { model, ...rest } = document()
      const { model: writtenModel, ...writtenRest } = JSON.parse(tokenizer.toJson()) as TokenizerDocument
      expect(writtenRest).to.deep.equal(rest)
      const { merges, ...settings } = model
      const { merges: writtenMerges, ...writtenSettings } = writtenModel
      expect(writtenSettings).to.deep.equal(settings)
      expect(writtenMerges).to.deep.equal(
        merges.map(merge => (Array.isArray(merge) ? merge.join(' ') : merge)),
      )
      expect(Tokenizer.fromJson(tokenizer.toJson()).toJson()).to.equal(tokenizer.toJson())
    })
  })

// The ids are those of Hugging Face's tokenizers 0.23 for the same documents.
describe('encode', () => {
  it('of GPT-2 applies its split and its merges', () => {
    const tokenizer = load(gpt2Document())
    expect(tokenizer.encode(' the other')).to.deep.equal([258, 32, 111, 116, 257, 114])
    expect(tokenizer.endOfText).to.equal(260)
  })

  it('of Llama 3 takes a whole piece before the merges, and digits by threes', () => {
    const tokenizer = load(llama3Document())
    expect(tokenizer.encode('whole wholesale')).to.deep.equal([
      ...[262, 32, 119, 104, 111, 108, 101, 115, 97, 108, 101],
    ])
    expect(tokenizer.encode('1234')).to.deep.equal([260, 52])
    expect(tokenizer.encode('a\n\n')).to.deep.equal([97, 261])
    expect(
      load(changed(llama3Document(), d => (d.model.ignore_merges = false))).encode('whole'),
    ).to.have.length(5)
  })

  it('finds added tokens that are content always, the longest first, and special ones when asked to', () => {
    const tokenizer = load(llama3Document())
    expect(tokenizer.encode('<tool>s<tool>')).to.deep.equal([268, 267])
    expect(tokenizer.encode('<|eot_id|>')).not.to.include(266)
    expect(tokenizer.encode('a<|eot_id|><tool>', { specialTokens: true })).to.deep.equal([97, 266, 267])
    expect(tokenizer.decode([97, 266, 267])).to.equal('a<tool>')
    expect(tokenizer.decode([97, 266, 267], { specialTokens: true })).to.equal('a<|eot_id|><tool>')
    expect(() => tokenizer.decode([269]))
      .to.throw(OnnxEngineError)
      .with.property('code', 'UNKNOWN_TOKEN')
  })

  it('composes the text where the normalizer says so, and the tokenizer tells', () => {
    const tokenizer = load(changed(llama3Document(), d => (d.normalizer = { type: 'NFC' })))
    expect(tokenizer.normalization).to.equal('NFC')
    expect(load(llama3Document()).normalization).to.equal(undefined)
    expect(tokenizer.encode('e\u0301')).to.deep.equal(tokenizer.encode('é'))
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(tokenizer.decode(tokenizer.encode(text))).to.equal(text.normalize('NFC'))
      }),
    )
  })

  it('says where a converted pattern would lose text', () => {
    const pattern = { Regex: '\\p{L}+' }
    const lossy = changed(llama3Document(), d =>
      Object.assign(steps(d)[0]!, { pattern, behavior: 'Removed', invert: true }),
    )
    expect(() => load(lossy).encode('ab 1')).to.throw('got " 1", expected a pattern that leaves no text out')
  })
})

describe('the end of text', () => {
  it('is the usual name, or the one that the caller gives', () => {
    expect(load(llama3Document()).endOfText).to.equal(265)
    const tokenizer = load(llama3Document(), '<|eot_id|>')
    expect(tokenizer.endOfText).to.equal(266)
    expect(tokenizer.decode([266])).to.equal('')
  })

  it('is never content, also where the file says so', () => {
    const tokenizer = load(llama3Document(), '<tool>')
    expect(tokenizer.encode('<tool>')).not.to.include(tokenizer.endOfText)
  })
})

describe('fromJson refuses, by field', () => {
  const cases: [string, (document: TokenizerDocument) => unknown, string][] = [
    ['another decoder', d => (d.decoder = { type: 'Metaspace' }), 'decoder.type: got "Metaspace"'],
    [
      'another post-processor',
      d => (d.post_processor = { type: 'Magic' }),
      'post_processor.type: got "Magic"',
    ],
    [
      'a lossy normalizer',
      d => (d.normalizer = { type: 'Sequence', normalizers: [{ type: 'Lowercase' }] }),
      'normalizer.type: got "Lowercase"',
    ],
    ['byte fallback', d => (d.model.byte_fallback = true), 'model.byte_fallback: got true, expected false'],
    [
      'a prefix space',
      d => (steps(d)[1]!.add_prefix_space = true),
      'pre_tokenizer.pretokenizers[1].add_prefix_space',
    ],
    ['a split after the bytes', d => steps(d).reverse(), 'pre_tokenizer.pretokenizers[0].type'],
    ['a split that loses its matches', d => (steps(d)[0]!.behavior = 'Removed'), '.behavior: got "Removed"'],
    [
      'a pattern of another syntax',
      d => (steps(d)[0]!.pattern = { Regex: '(?>a)' }),
      '.pattern.Regex: got "(?>a)"',
    ],
    [
      'an added token that strips',
      d => Object.assign(d.added_tokens[0]!, { rstrip: true }),
      'added_tokens[0].rstrip: got true',
    ],
    [
      'an id that others number otherwise',
      d => Object.assign(d.added_tokens[4]!, { id: 300 }),
      'added_tokens[4].id: got 300, expected 268',
    ],
    [
      'a special token that merges make',
      d => d.added_tokens.push({ id: 258, content: 'Ġthe', special: true }),
      'model.merges[2]',
    ],
    [
      'a special token that is a byte',
      d => d.added_tokens.push({ id: 33, content: '!', special: true }),
      'model.vocab: got "!"',
    ],
    [
      'no end of text',
      d => Object.assign(d.added_tokens[1]!, { content: '<|stop|>' }),
      'name another in the option endOfText',
    ],
  ]
  for (const [what, change, message] of cases)
    it(what, () => {
      expect(() => load(changed(llama3Document(), change)))
        .to.throw(OnnxEngineError, message)
        .with.property('code', 'INVALID_TOKENIZER')
    })
})
