import { OnnxEngineError } from '../errors'
import { fromAlphabet, toAlphabet } from './byteAlphabet'
import { MAX_TOKENS, type Merge } from './merges'
import type { Vocabulary } from './vocabulary'

export const END_OF_TEXT = '<|endoftext|>'

/** Writes the Hugging Face format: GPT-2's pre-tokenizer and decoder, one special token, merges in rank order. */
export function writeTokenizerJson({ tokens, merges, endOfText }: Vocabulary): string {
  const names = tokens.map((bytes, id) => (id === endOfText ? END_OF_TEXT : toAlphabet(bytes)))
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  const endOfTextToken = {
    id: endOfText,
    content: END_OF_TEXT,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [endOfTextToken],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(names.map((name, id) => [name, id])),
      merges: merges.map(({ left, right }) => `${names[left]} ${names[right]}`),
    },
  })
}

type Json = Record<string, unknown>

function invalid(field: string, got: unknown, expected: string): never {
  throw new OnnxEngineError('INVALID_TOKENIZER', { field, got: JSON.stringify(got) ?? 'nothing', expected })
}

function objectAt(parent: Json, field: string): Json {
  const value = parent[field]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) invalid(field, value, 'an object')
  return value as Json
}

function parse(text: string): Json {
  try {
    return objectAt({ document: JSON.parse(text) as unknown }, 'document')
  } catch (cause) {
    if (cause instanceof SyntaxError) invalid('document', cause.message, 'JSON')
    throw cause
  }
}

/** Settings that would change what `encode` gives, and that this tokenizer does not have. */
function checkSettings(document: Json, model: Json): void {
  if (model.type !== 'BPE') invalid('model.type', model.type, '"BPE"')
  for (const field of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix'] as const)
    if (model[field]) invalid(`model.${field}`, model[field], 'null')
  for (const field of ['byte_fallback', 'ignore_merges'] as const)
    if (model[field]) invalid(`model.${field}`, model[field], 'false')
  if (document.normalizer) invalid('normalizer', document.normalizer, 'null')
  const split = objectAt(document, 'pre_tokenizer')
  if (split.type !== 'ByteLevel') invalid('pre_tokenizer.type', split.type, '"ByteLevel"')
  if (split.add_prefix_space !== false)
    invalid('pre_tokenizer.add_prefix_space', split.add_prefix_space, 'false')
  if (split.use_regex === false) invalid('pre_tokenizer.use_regex', false, 'true')
}

function readMerge(entry: unknown, rank: number, ids: ReadonlyMap<string, number>): Merge {
  const field = `model.merges[${rank}]`
  const sides: unknown = typeof entry === 'string' ? entry.split(' ') : entry
  if (!Array.isArray(sides) || sides.length !== 2) invalid(field, entry, 'two tokens')
  const [left, right] = sides as [string, string]
  const [l, r, merged] = [ids.get(left), ids.get(right), ids.get(left + right)]
  if (l === undefined || r === undefined || merged === undefined)
    invalid(field, entry, 'two tokens of the vocabulary whose join is in the vocabulary')
  return { left: l, right: r, merged }
}

/** Reads and checks a `tokenizer.json`; see Tokenizer.fromJson. */
export function readTokenizerJson(text: string): Vocabulary {
  const document = parse(text)
  const model = objectAt(document, 'model')
  checkSettings(document, model)

  const ids = new Map(Object.entries(objectAt(model, 'vocab')) as [string, number][])
  const added = Array.isArray(document.added_tokens) ? (document.added_tokens as Json[]) : []
  for (const token of added) {
    if (token.content !== END_OF_TEXT) invalid('added_tokens', token.content, `only ${END_OF_TEXT}`)
    ids.set(END_OF_TEXT, token.id as number)
  }
  const endOfText = ids.get(END_OF_TEXT)
  if (endOfText === undefined) invalid('model.vocab', undefined, `a token ${END_OF_TEXT}`)
  if (ids.size >= MAX_TOKENS) invalid('model.vocab', ids.size, `fewer than ${MAX_TOKENS} tokens`)

  const tokens = new Array<Uint8Array>(ids.size)
  for (const [name, id] of ids) {
    if (!Number.isInteger(id) || id < 0 || id >= ids.size || tokens[id] !== undefined)
      invalid(`model.vocab[${JSON.stringify(name)}]`, id, `each of 0..${ids.size - 1} once`)
    const bytes = id === endOfText ? new Uint8Array() : fromAlphabet(name)
    if (bytes === undefined) invalid('model.vocab', name, 'tokens written in the byte alphabet')
    tokens[id] = bytes
  }
  const singles = new Set(tokens.filter(bytes => bytes.length === 1).map(bytes => bytes[0]))
  if (singles.size !== 256) invalid('model.vocab', singles.size, 'a token for each of the 256 bytes')

  if (!Array.isArray(model.merges)) invalid('model.merges', model.merges, 'a list')
  return { tokens, endOfText, merges: model.merges.map((entry, rank) => readMerge(entry, rank, ids)) }
}
