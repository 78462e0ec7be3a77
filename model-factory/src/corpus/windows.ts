/** The target of a position that is not scored. */
export const IGNORED = -1

/** A stretch of one file: at each position the token read and the token to predict. */
export interface Window {
  tokens: Int32Array
  targets: Int32Array
}

/**
 * Cuts one file's tokens into windows. The model reads endOfText and then the file, and predicts the file and then
 * endOfText; the last window is padded with endOfText that is not scored. A window never crosses files.
 */
export function windowsOf(ids: readonly number[], endOfText: number, length: number): Window[] {
  const windows: Window[] = []
  for (let start = 0; start <= ids.length; start += length) {
    const window = {
      tokens: new Int32Array(length).fill(endOfText),
      targets: new Int32Array(length).fill(IGNORED),
    }
    const end = Math.min(length, ids.length + 1 - start)
    for (let i = 0; i < end; i++) {
      const at = start + i
      window.tokens[i] = at === 0 ? endOfText : ids[at - 1]!
      window.targets[i] = at === ids.length ? endOfText : ids[at]!
    }
    windows.push(window)
  }
  return windows
}
