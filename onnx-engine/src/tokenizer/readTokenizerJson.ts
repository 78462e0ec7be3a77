import { CHARACTER_OF_BYTE, fromAlphabet } from './byteAlphabet'
import { invalid, objectAt, type Json } from './invalid'
import { MAX_TOKENS, type Merge } from './merges'
import { readPreTokenizer } from './preTokenizer'
import type { AddedToken, Vocabulary } from './vocabulary'

export interface TokenizerJsonOptions {
  /** The content of the token that ends a text; default the first of the usual names that is a special token. */
  readonly endOfText?: string
}

/** What models call the end of a text. The last is DeepSeek's, written with U+FF5C and U+2581. */
const USUAL_ENDS = [
  ...['<|endoftext|>', '<|end_of_text|>', '</s>', '<eos>', '<|eos|>'],
  '<\uff5cend\u2581of\u2581sentence\uff5c>',
]
/** Types that add special tokens around a text or move offsets: nothing that `encode` gives. */
const POST_PROCESSORS = ['ByteLevel', 'TemplateProcessing', 'RobertaProcessing', 'BertProcessing']

function parse(text: string): Json {
  try {
    return objectAt({ document: JSON.parse(text) as unknown }, 'document')
  } catch (cause) {
    if (cause instanceof SyntaxError) invalid('document', cause.message, 'JSON')
    throw cause
  }
}

/** The members of a step that may be a Sequence of others; none where there is no step. */
function stepsOf(document: Json, field: string, member: string): Json[] {
  if (document[field] === null || document[field] === undefined) return []
  const step = objectAt(document, field)
  if (step.type !== 'Sequence') return [step]
  const steps = step[member]
  if (!Array.isArray(steps)) invalid(`${field}.${member}`, steps, 'a list')
  return steps.map((_, i) => objectAt(steps as unknown as Json, `${i}`, `${field}.${member}[${i}]`))
}

/** Settings that would change what `encode` or `decode` gives, and that this tokenizer does not have. */
function checkSettings(document: Json, model: Json): void {
  // Files of the first versions do not name the type.
  if (model.type !== undefined && model.type !== 'BPE') invalid('model.type', model.type, '"BPE"')
  for (const field of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix'] as const)
    if (model[field]) invalid(`model.${field}`, model[field], 'null')
  if (model.byte_fallback) invalid('model.byte_fallback', model.byte_fallback, 'false')
  for (const { type } of stepsOf(document, 'normalizer', 'normalizers'))
    if (type !== 'NFC') invalid('normalizer.type', type, '"NFC" or null')
  for (const { type } of stepsOf(document, 'decoder', 'decoders'))
    if (type !== 'ByteLevel') invalid('decoder.type', type, '"ByteLevel"')
  for (const { type } of stepsOf(document, 'post_processor', 'processors'))
    if (!POST_PROCESSORS.includes(type as string))
      invalid('post_processor.type', type, POST_PROCESSORS.join(', '))
}

function readAdded(document: Json, ids: ReadonlyMap<string, number>): AddedToken[] {
  let greatest = -1
  const list = document.added_tokens ?? []
  if (!Array.isArray(list)) invalid('added_tokens', list, 'a list')
  return list.map((_, i) => {
    const field = `added_tokens[${i}]`
    const { id, content, special, normalized, ...flags } = objectAt(list as unknown as Json, `${i}`, field)
    if (typeof content !== 'string' || content === '') invalid(`${field}.content`, content, 'a text')
    // Hugging Face numbers them in this way whatever the file says.
    const expected = ids.get(content) ?? Math.max(ids.size, greatest + 1)
    if (id !== expected) invalid(`${field}.id`, id, `${expected} for ${JSON.stringify(content)}`)
    greatest = Math.max(greatest, expected)
    // They swallow the space beside the token, which would not come back.
    for (const flag of ['single_word', 'lstrip', 'rstrip'] as const)
      if (flags[flag]) invalid(`${field}.${flag}`, flags[flag], `false for ${JSON.stringify(content)}`)
    return { id: expected, content, special: special === true, normalized: normalized === true }
  })
}

function checkId(field: string, id: unknown): asserts id is number {
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= MAX_TOKENS)
    invalid(field, id, `an integer below ${MAX_TOKENS}`)
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

function endOf(added: readonly AddedToken[], ids: ReadonlyMap<string, number>, name?: string): AddedToken {
  const names = name === undefined ? USUAL_ENDS : [name]
  for (const content of names) {
    const found = added.find(token => token.content === content)
    if (found) return found
    const id = ids.get(content)
    if (id !== undefined) return { id, content, special: true, normalized: false }
  }
  return invalid('added_tokens', name, `a token ${names.join(' or ')}; name another in the option endOfText`)
}

/** Reads and checks a `tokenizer.json`; see Tokenizer.fromJson. */
export function readTokenizerJson(text: string, options: TokenizerJsonOptions = {}): Vocabulary {
  const document = parse(text)
  const model = objectAt(document, 'model')
  checkSettings(document, model)
  const split = readPreTokenizer(document)
  const { merges } = model

  const ids = new Map(Object.entries(objectAt(model, 'vocab', 'model.vocab')) as [string, number][])
  const names: string[] = []
  const tokens: (Uint8Array | undefined)[] = []
  const utf8 = new TextEncoder()
  for (const [name, id] of ids) {
    const field = `model.vocab[${JSON.stringify(name)}]`
    checkId(field, id)
    if (names[id] !== undefined) invalid(field, id, `an id that ${JSON.stringify(names[id])} does not have`)
    names[id] = name
    // A name outside of the alphabet stands for itself, as for Hugging Face's decoder.
    tokens[id] = fromAlphabet(name) ?? utf8.encode(name)
  }
  const added = readAdded(document, ids)
  const endOfText = endOf(added, ids, options.endOfText)
  // Whatever ends a text is no content, also where the file does not say so.
  const all = (added.includes(endOfText) ? added : [...added, endOfText]).map(token =>
    token.id === endOfText.id ? { ...token, special: true } : token,
  )
  const special = new Set<number>()
  all.forEach(({ id, content, special: isSpecial }) => {
    tokens[id] = isSpecial ? new Uint8Array() : utf8.encode(content)
    if (isSpecial) special.add(id)
  })
  const byteIds = CHARACTER_OF_BYTE.map(name => {
    const id = ids.get(name)
    return id === undefined || special.has(id)
      ? invalid('model.vocab', name, 'a token of content for each of the 256 bytes, and this one is missing')
      : id
  })

  if (!Array.isArray(merges)) invalid('model.merges', merges, 'a list')
  const isNormalized = stepsOf(document, 'normalizer', 'normalizers').length > 0
  return {
    // Ids without a token are holes of a list made by index.
    tokens: Array.from(tokens),
    endOfText: endOfText.id,
    byteIds,
    merges: merges.map((entry, rank) => {
      const merge = readMerge(entry, rank, ids)
      // Content would be encoded as what stands for none.
      if (special.has(merge.merged)) invalid(`model.merges[${rank}]`, entry, 'no special token')
      return merge
    }),
    added: all,
    ...(isNormalized && { normalization: 'NFC' as const }),
    ...(model.ignore_merges === true && {
      whole: new Map([...ids].filter(([, id]) => !special.has(id))),
    }),
    ...(split && { split }),
    stored: {
      document: { ...document, model: { ...model, vocab: null, merges: null } },
      names: Array.from(names),
    },
  }
}
