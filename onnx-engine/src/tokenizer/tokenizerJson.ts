import { toAlphabet } from './byteAlphabet'
import type { Vocabulary } from './vocabulary'

export const END_OF_TEXT = '<|endoftext|>'

/** The Hugging Face format of what we train: GPT-2's pre-tokenizer and decoder, one special token. */
function trainedDocument(endOfText: number): Record<string, unknown> {
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
  return {
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
      vocab: {},
      merges: [],
    },
  }
}

/**
 * Writes the Hugging Face format, merges in rank order; what was read with the tokenizer and does not concern tokens and
 * merges is written as it was.
 */
export function writeTokenizerJson(vocabulary: Vocabulary): string {
  const { tokens, merges, endOfText, stored } = vocabulary
  const document = stored?.document ?? trainedDocument(endOfText)
  const names =
    stored?.names ?? tokens.map((bytes, id) => (id === endOfText ? END_OF_TEXT : toAlphabet(bytes!)))
  const vocab = Object.fromEntries(
    names.flatMap((name, id): [string, number][] => (name === undefined ? [] : [[name, id]])),
  )
  const sides = merges.map(({ left, right }) => [names[left]!, names[right]!])
  const areWords = sides.every(pair => pair.every(name => !name.includes(' ')))
  const model = {
    ...(document.model as object),
    vocab,
    merges: areWords ? sides.map(pair => pair.join(' ')) : sides,
  }
  return JSON.stringify({ ...document, model })
}
