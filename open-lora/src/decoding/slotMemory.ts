import {
  KeyValueCache,
  type CausalLmConfig,
  type Feeds,
  type Outputs,
  type Tensor,
} from '@open-datanets/onnx-engine'
import type { SlotFactors, SlotShape } from '../adapters/slotAdapter'
import type { SlotStep } from './decoder'

/**
 * The caches and adapters of all slots, slot after slot, so that the first n slots are one piece of memory: a step over
 * few slots reads it in place, just as a step over all.
 */
export class SlotMemory {
  readonly #cache: KeyValueCache
  readonly #adapters: Readonly<Record<string, Tensor>>

  constructor(config: CausalLmConfig, slots: number, { rank, layers }: SlotShape) {
    this.#cache = new KeyValueCache(config, slots)
    this.#adapters = Object.fromEntries(
      layers.flatMap(({ name, inWidth, outWidth }) => [
        [factorNames(name).a, zeros([slots, inWidth, rank])],
        [factorNames(name).b, zeros([slots, rank, outWidth])],
      ]),
    )
  }

  /**
   * Empties a slot's cache. Rows beyond a position are masked, but a mask of zeros does not hold back the NaN of an
   * earlier request with a broken adapter.
   */
  clearCache(slot: number): void {
    for (const tensor of Object.values(this.#cache.feeds)) part(tensor, slot).fill(0)
  }

  /** Copies an adapter into a slot; null is the base alone. */
  setAdapter(slot: number, layers: ReadonlyMap<string, SlotFactors> | null): void {
    if (layers === null) {
      for (const tensor of Object.values(this.#adapters)) part(tensor, slot).fill(0)
      return
    }
    for (const [name, { a, b }] of layers) {
      part(this.#adapters[factorNames(name).a] as Tensor, slot).set(a)
      part(this.#adapters[factorNames(name).b] as Tensor, slot).set(b)
    }
  }

  /** The feeds of a step over the first `count` slots; slots without a step read token 0 at position 0, unheard. */
  feeds(count: number, steps: readonly SlotStep[]): Feeds {
    const token = new BigInt64Array(count)
    const position = new BigInt64Array(count)
    for (const step of steps) {
      token[step.slot] = BigInt(step.token)
      position[step.slot] = BigInt(step.position)
    }
    const feeds: Record<string, Tensor> = {
      token: { dtype: 'int64', dims: [count], data: token },
      position: { dtype: 'int64', dims: [count], data: position },
    }
    for (const [name, tensor] of Object.entries({ ...this.#cache.feeds, ...this.#adapters })) {
      feeds[name] = firstSlots(tensor, count)
    }
    return feeds
  }

  /** Writes the keys and values that a step over `count` slots has computed into the caches of its slots. */
  keep(outputs: Outputs, count: number, steps: readonly SlotStep[]): void {
    const positions = new Int32Array(count).fill(-1)
    for (const { slot, position } of steps) positions[slot] = position
    this.#cache.write(outputs, positions)
  }
}

/** The decoding step's inputs for the adapter of one layer. */
function factorNames(layer: string): { a: string; b: string } {
  return { a: `${layer}.lora_a`, b: `${layer}.lora_b` }
}

function zeros(dims: readonly number[]): Tensor {
  return { dtype: 'float32', dims, data: new Float32Array(dims.reduce((product, size) => product * size, 1)) }
}

function part({ data, dims }: Tensor, slot: number): Float32Array {
  const size = data.length / (dims[0] as number)
  return (data as Float32Array).subarray(slot * size, (slot + 1) * size)
}

function firstSlots({ dtype, data, dims }: Tensor, count: number): Tensor {
  const [slots, ...rest] = dims as [number, ...number[]]
  return {
    dtype,
    dims: [count, ...rest],
    data: (data as Float32Array).subarray(0, (data.length / slots) * count),
  }
}
