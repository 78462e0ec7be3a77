import { toAlphabet } from '../../src/tokenizer/byteAlphabet'

/** The parts of a tokenizer.json that tests change. */
export interface TokenizerDocument {
  normalizer: unknown
  pre_tokenizer: unknown
  post_processor: unknown
  decoder: unknown
  added_tokens: object[]
  model: Record<string, unknown> & { vocab: Record<string, number>; merges: (string | string[])[] }
}

const LLAMA_3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

const added = (id: number, content: string, flags: object = {}): object => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...flags,
})

/** The 256 bytes by value, then the joins of the merges. */
function vocabularyOf(merges: readonly string[]): Record<string, number> {
  const names = Array.from({ length: 256 }, (_, byte) => toAlphabet(Uint8Array.of(byte)))
  return Object.fromEntries(
    [...names, ...merges.map(merge => merge.replace(' ', ''))].map((name, id) => [name, id]),
  )
}

/** As openai-community/gpt2 has it: no model.type, the end of text inside the vocabulary, an offsets' post-processor. */
export function gpt2Document(): TokenizerDocument {
  const merges = ['Ġ t', 'h e', 'Ġt he', 'e r']
  const vocab = vocabularyOf(merges)
  const endOfText = Object.keys(vocab).length
  const offsets = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [added(endOfText, '<|endoftext|>', { normalized: true })],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    post_processor: offsets,
    decoder: offsets,
    model: {
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      vocab: { ...vocab, '<|endoftext|>': endOfText },
      merges,
    },
  } as TokenizerDocument
}

/** As meta-llama/Meta-Llama-3 has it: special tokens behind the vocabulary, merges in pairs, whole pieces first. */
export function llama3Document(): TokenizerDocument {
  const merges = ['Ġ t', 'h e', 'Ġt he', '1 2', '12 3', 'Ċ Ċ']
  const vocab = { ...vocabularyOf(merges), whole: 262, 'ä½ł': 263 }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      added(264, '<|begin_of_text|>'),
      added(265, '<|end_of_text|>'),
      added(266, '<|eot_id|>'),
      added(267, '<tool>', { special: false }),
      added(268, '<tool>s', { special: false }),
    ],
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: LLAMA_3 }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: 'Sequence',
      processors: [
        { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true },
        {
          type: 'TemplateProcessing',
          single: [
            { SpecialToken: { id: '<|begin_of_text|>', type_id: 0 } },
            { Sequence: { id: 'A', type_id: 0 } },
          ],
          pair: [
            { SpecialToken: { id: '<|begin_of_text|>', type_id: 0 } },
            { Sequence: { id: 'A', type_id: 0 } },
            { SpecialToken: { id: '<|begin_of_text|>', type_id: 1 } },
            { Sequence: { id: 'B', type_id: 1 } },
          ],
          special_tokens: {
            '<|begin_of_text|>': { id: '<|begin_of_text|>', ids: [264], tokens: ['<|begin_of_text|>'] },
          },
        },
      ],
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab,
      merges: merges.map(merge => merge.split(' ')),
    },
  } as TokenizerDocument
}
