import type { Tokenizer } from '@open-datanets/onnx-engine'
import { IGNORED, windowsOf, type Window } from './windows'

/** Files as a model reads them. */
export interface EncodedFiles {
  windows: Window[]
  /** Scored positions: all tokens, and one end of text per file. */
  tokens: number
  bytes: number
}

export function encodeFiles(
  files: readonly { bytes: Uint8Array }[],
  tokenizer: Tokenizer,
  contextLength: number,
): EncodedFiles {
  const windows = files.flatMap(({ bytes }) =>
    windowsOf(tokenizer.encode(bytes), tokenizer.endOfText, contextLength),
  )
  return {
    windows,
    tokens: scoredTokens(windows),
    bytes: files.reduce((sum, file) => sum + file.bytes.length, 0),
  }
}

function scoredTokens(windows: readonly Window[]): number {
  return windows.reduce((sum, { targets }) => sum + targets.filter(target => target !== IGNORED).length, 0)
}
