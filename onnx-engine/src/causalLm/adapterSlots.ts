import { OnnxEngineError } from '../errors'
import type { Tensor } from '../model/types'
import type { Feeds } from '../session/feeds'
import type { CausalLmConfig } from './config'
import type { DecodeOptions } from './decodeStepModel'
import { linearSizes, type LinearSize } from './linears'
import type { LoraAdapter } from './lora'

/** Every slot's adapter, kept in place: it is copied into its slot once per request, not once per token. */
export class AdapterSlots {
  /** The adapter inputs of `decodeStepModel`. */
  readonly feeds: Feeds
  readonly #linears: readonly LinearSize[]
  readonly #rank: number

  constructor(config: CausalLmConfig, { slots, rank, targets }: DecodeOptions) {
    this.#rank = rank
    this.#linears = linearSizes(config).filter(({ linear }) => targets.includes(linear))
    const empty = (rows: number, columns: number): Tensor => ({
      dtype: 'float32',
      dims: [slots, rows, columns],
      data: new Float32Array(slots * rows * columns),
    })
    this.feeds = Object.fromEntries(
      this.#linears.flatMap(({ module, inWidth, outWidth }) => [
        [`${module}.lora_a`, empty(inWidth, rank)],
        [`${module}.lora_b`, empty(rank, outWidth)],
      ]),
    )
  }

  /**
   * Puts an adapter into a slot; undefined = the bare base. Its rank may be smaller than the slots'. Throws
   * INVALID_ARGUMENT when it is larger or when the adapter changes a module that the slots have no place for.
   */
  load(slot: number, adapter: LoraAdapter | undefined): void {
    if (adapter) this.#check(adapter)
    for (const { module, inWidth, outWidth } of this.#linears) {
      const a = this.#slotData(`${module}.lora_a`, slot, inWidth * this.#rank)
      const b = this.#slotData(`${module}.lora_b`, slot, this.#rank * outWidth)
      a.fill(0)
      b.fill(0)
      const factors = adapter?.tensors.get(module)
      if (!adapter || !factors) continue
      copyRows(a, this.#rank, factors.a.data as Float32Array, adapter.rank)
      copyScaled(b, factors.b.data as Float32Array, adapter.alpha / adapter.rank)
    }
  }

  #slotData(name: string, slot: number, size: number): Float32Array {
    return (this.feeds[name]?.data as Float32Array).subarray(slot * size, (slot + 1) * size)
  }

  #check({ rank, tensors }: LoraAdapter): void {
    if (rank > this.#rank) throw misfit(`rank ${rank}`, `at most ${this.#rank}`)
    for (const [module, { a, b }] of tensors) {
      const place = this.#linears.find(linear => linear.module === module)
      if (!place)
        throw misfit(module, `modules among ${this.#linears.map(linear => linear.module).join(', ')}`)
      const got = `${a.dtype} [${a.dims.join(', ')}] x ${b.dtype} [${b.dims.join(', ')}]`
      const expected = `float32 [${place.inWidth}, ${rank}] x float32 [${rank}, ${place.outWidth}]`
      if (got !== expected) throw misfit(`${module} ${got}`, expected)
    }
  }
}

function misfit(got: string, expected: string): OnnxEngineError {
  return new OnnxEngineError('INVALID_ARGUMENT', { what: 'adapter for a slot', got, expected })
}

/** Copies rows of `width` numbers into the left of rows of `targetWidth`. */
function copyRows(target: Float32Array, targetWidth: number, rows: Float32Array, width: number): void {
  for (let from = 0, to = 0; from < rows.length; from += width, to += targetWidth) {
    for (let i = 0; i < width; i++) target[to + i] = rows[from + i] as number
  }
}

function copyScaled(target: Float32Array, values: Float32Array, scale: number): void {
  for (let i = 0; i < values.length; i++) target[i] = scale * (values[i] as number)
}
