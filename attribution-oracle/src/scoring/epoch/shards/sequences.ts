import { counterBytes } from '@open-datanets/onnx-engine'
import { ANSWERS_FORMAT, canonicalBytes, type Digest, type PaidOutput, sha256 } from '../../../domain'
import type { Corpus, EncodedFile } from '../corpus'
import type { Window } from '../windows'

/** What a model reads from beginning to end: a text, or an answer of its own. */
export interface Sequence {
  readonly windows: readonly Window[]
  /** where `windows` begins in all windows of what is named */
  readonly first: number
  /** how a shard names it */
  readonly name:
    | { readonly text: Digest; readonly shuffled?: string }
    | { readonly answers: Digest; readonly index: number }
  /** the content that it stands in */
  readonly digest: Digest
  readonly bytes: Uint8Array
}

/** Tokens that one document of answers holds, unless a single answer is longer. */
const TOKENS = 1 << 17

export function fileSequence({ text, windows }: EncodedFile): Sequence {
  return textSequence(text, windows)
}

export function textSequence(bytes: Uint8Array, windows: readonly Window[]): Sequence {
  const digest = sha256(bytes)
  return { windows, first: 0, name: { text: digest }, digest, bytes }
}

/** The text with its words in the order that the seed draws under a name. */
export function shuffledSequence(
  bytes: Uint8Array,
  corpus: Corpus,
  seed: string,
  shuffled: string,
): Sequence {
  const digest = sha256(bytes)
  const windows = corpus.windowsWithoutOrder(bytes, wordOrder(seed, shuffled))
  return { windows, first: 0, name: { text: digest, shuffled }, digest, bytes }
}

export function wordOrder(seed: string, name: string): ReturnType<typeof counterBytes> {
  return counterBytes(seed, 'word order', name)
}

/** Every window of a sequence as a sequence of its own. */
export function windowByWindow(sequence: Sequence): Sequence[] {
  return sequence.windows.map((window, first) => ({ ...sequence, windows: [window], first }))
}

/** In the order of the outputs; answers are stored many to a document. */
export function answerSequences(outputs: readonly PaidOutput[], corpus: Corpus): Sequence[] {
  return packed(outputs).flatMap(pack => {
    const answers = pack.map(({ promptTokens, outputTokens }) => {
      return { prompt: promptTokens, output: outputTokens }
    })
    const bytes = canonicalBytes({ format: ANSWERS_FORMAT, version: 1, answers })
    const digest = sha256(bytes)
    return pack.map((output, index) => {
      const windows = corpus.windowsOfOutput(output)
      return { windows, first: 0, name: { answers: digest, index }, digest, bytes }
    })
  })
}

function packed(outputs: readonly PaidOutput[]): PaidOutput[][] {
  const packs: PaidOutput[][] = []
  let held = Infinity
  for (const output of outputs) {
    const size = output.promptTokens.length + output.outputTokens.length
    if (held + size > TOKENS) {
      packs.push([])
      held = 0
    }
    packs.at(-1)!.push(output)
    held += size
  }
  return packs
}
