/** The target of a position that is not scored. */
export const IGNORED = -1

/** A stretch of one sequence, as long as the model's context. */
export interface Window {
  readonly tokens: Int32Array
  readonly targets: Int32Array
  /** Positions whose target is scored. */
  readonly scored: number
}

export interface WindowShape {
  /** Tokens in a window. */
  readonly length: number
  readonly endOfText: number
  /** Targets at the start that are context only, such as a prompt. */
  readonly unscored?: number
  /** Whether the end of the text is a target too; it is not where an output was cut off. */
  readonly closed?: boolean
}

/**
 * Cuts a sequence into windows as training does: inputs are [endOfText, ...ids], targets [...ids, endOfText], cut into
 * consecutive windows, the last one padded with endOfText and ignored targets.
 * @returns only windows that score something
 */
export function windowsOf(
  ids: readonly number[],
  { length, endOfText, unscored = 0, closed = true }: WindowShape,
): Window[] {
  const windows: Window[] = []
  const count = closed ? ids.length + 1 : ids.length
  for (let start = 0; start < count; start += length) {
    const tokens = new Int32Array(length).fill(endOfText)
    const targets = new Int32Array(length).fill(IGNORED)
    let scored = 0
    for (let position = start; position < Math.min(start + length, count); position++) {
      if (position > 0) tokens[position - start] = ids[position - 1] as number
      if (position < unscored) continue
      targets[position - start] = ids[position] ?? endOfText
      scored++
    }
    if (scored > 0) windows.push({ tokens, targets, scored })
  }
  return windows
}
