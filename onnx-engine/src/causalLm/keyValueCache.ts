import type { Tensor } from '../model/types'
import type { Feeds, Outputs } from '../session/feeds'
import type { CausalLmConfig } from './config'
import { cacheNames } from './decodeStepModel'

/** Keys and values of every slot, kept in place: a session reads these very buffers at each step. */
export class KeyValueCache {
  /** The cache inputs of `decodeStepModel`. */
  readonly feeds: Feeds
  readonly #config: CausalLmConfig

  constructor(config: CausalLmConfig, slots: number) {
    this.#config = config
    const { layers, heads, width, contextLength } = config
    const dims = [slots, heads, contextLength, width / heads]
    const empty = (): Tensor => ({
      dtype: 'float32',
      dims,
      data: new Float32Array(slots * width * contextLength),
    })
    this.feeds = Object.fromEntries(
      Array.from({ length: layers }, (_, layer) => cacheNames(layer)).flatMap(({ pastKey, pastValue }) => [
        [pastKey, empty()],
        [pastValue, empty()],
      ]),
    )
  }

  /**
   * Empties a slot for another sequence. Rows beyond a position are masked, but a mask of zeros does not hold back the
   * NaN of an earlier sequence.
   */
  clear(slot: number): void {
    const { width, contextLength } = this.#config
    const size = width * contextLength
    for (const tensor of Object.values(this.feeds)) {
      const data = tensor.data as Float32Array
      data.fill(0, slot * size, (slot + 1) * size)
    }
  }

  /** Writes a step's new rows at `positions[slot]`. A negative position marks a slot that was idle. */
  write(outputs: Outputs, positions: ArrayLike<number>): void {
    for (let layer = 0; layer < this.#config.layers; layer++) {
      const names = cacheNames(layer)
      this.#writeRows(names.pastKey, outputs[names.key], positions)
      this.#writeRows(names.pastValue, outputs[names.value], positions)
    }
  }

  #writeRows(name: string, rows: Tensor | undefined, positions: ArrayLike<number>): void {
    const { heads, width, contextLength } = this.#config
    const headWidth = width / heads
    const cache = this.feeds[name]?.data as Float32Array
    const fresh = rows?.data as Float32Array
    for (let slot = 0; slot < positions.length; slot++) {
      const position = positions[slot] as number
      if (position < 0) continue
      for (let head = slot * heads; head < (slot + 1) * heads; head++) {
        const row = fresh.subarray(head * headWidth, (head + 1) * headWidth)
        cache.set(row, (head * contextLength + position) * headWidth)
      }
    }
  }
}
