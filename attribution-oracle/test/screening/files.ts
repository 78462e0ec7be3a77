import type { ScreenInput } from '../../src/domain'

/** Files with ids 0, 1, 2 ... in the order given. */
export function committed(...texts: readonly (string | Uint8Array)[]): ScreenInput[] {
  return texts.map((text, index) => ({
    id: BigInt(index),
    bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text,
  }))
}
