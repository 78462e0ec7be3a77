import type { DecodedAdapter } from '../adapters/decodedAdapter'

/** One token of one slot: `token` is read at `position`; its logits are wanted or not. */
export interface SlotStep {
  slot: number
  token: number
  position: number
  wantsLogits: boolean
}

/**
 * Runs a batch of slots one token forward. A slot keeps its adapter and its key/value cache between steps, and its bits
 * depend on nothing else.
 */
export interface Decoder {
  readonly slots: number
  readonly contextLength: number
  /** Gives a slot to a new request: its adapter is copied in (the base alone for null), its cache is emptied. */
  load(slot: number, adapter: DecodedAdapter | null): void
  /** The logits [V] of the steps that want them, in their order. */
  step(steps: readonly SlotStep[]): Promise<Float32Array[]>
  close(): Promise<void>
}
