import { OnnxEngineError } from '../errors'
import type { Tensor } from '../model/types'
import type { Feeds } from '../session/feeds'
import type { CausalLmConfig } from './config'
import type { DecodeOptions } from './decodeStepModel'
import { linearSizes, type LinearSize } from './linears'
import type { LoraAdapter } from './lora'

/** Which adapters have a place in a slot. */
export type SlotLayout = Pick<DecodeOptions, 'rank' | 'targets'>

/** What an adapter has, and what would fit. */
export interface SlotMisfit {
  readonly got: string
  readonly expected: string
}

/** Why `AdapterSlots` would refuse an adapter: its rank, a module without a place, or a shape. Undefined when it fits. */
export function slotMisfit(
  config: CausalLmConfig,
  layout: SlotLayout,
  { rank, tensors }: LoraAdapter,
): SlotMisfit | undefined {
  if (rank > layout.rank) return { got: `rank ${rank}`, expected: `rank up to ${layout.rank}` }
  const places = placesOf(config, layout)
  for (const [module, { a, b }] of tensors) {
    const place = places.find(linear => linear.module === module)
    if (!place) return { got: module, expected: `one of ${places.map(linear => linear.module).join(', ')}` }
    const got = `${a.dtype} [${a.dims.join(', ')}] x ${b.dtype} [${b.dims.join(', ')}]`
    const expected = `float32 [${place.inWidth}, ${rank}] x float32 [${rank}, ${place.outWidth}]`
    if (got !== expected) return { got: `${module} ${got}`, expected }
  }
  return undefined
}

const placesOf = (config: CausalLmConfig, { targets }: SlotLayout): LinearSize[] =>
  linearSizes(config).filter(({ linear }) => targets.includes(linear))

/** Every slot's adapter, kept in place: it is copied into its slot once per request, not once per token. */
export class AdapterSlots {
  /** The adapter inputs of `decodeStepModel`. */
  readonly feeds: Feeds
  readonly #config: CausalLmConfig
  readonly #layout: SlotLayout
  readonly #places: readonly LinearSize[]

  constructor(config: CausalLmConfig, { slots, rank, targets }: DecodeOptions) {
    this.#config = config
    this.#layout = { rank, targets }
    this.#places = placesOf(config, this.#layout)
    const empty = (rows: number, columns: number): Tensor => ({
      dtype: 'float32',
      dims: [slots, rows, columns],
      data: new Float32Array(slots * rows * columns),
    })
    this.feeds = Object.fromEntries(
      this.#places.flatMap(({ module, inWidth, outWidth }) => [
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
    const { rank } = this.#layout
    const misfit = adapter && slotMisfit(this.#config, this.#layout, adapter)
    if (misfit) throw new OnnxEngineError('INVALID_ARGUMENT', { what: 'adapter for a slot', ...misfit })
    for (const { module, inWidth, outWidth } of this.#places) {
      const a = this.#slotData(`${module}.lora_a`, slot, inWidth * rank)
      const b = this.#slotData(`${module}.lora_b`, slot, rank * outWidth)
      a.fill(0)
      b.fill(0)
      const factors = adapter?.tensors.get(module)
      if (!adapter || !factors) continue
      copyRows(a, rank, factors.a.data as Float32Array, adapter.rank)
      copyScaled(b, factors.b.data as Float32Array, adapter.alpha / adapter.rank)
    }
  }

  #slotData(name: string, slot: number, size: number): Float32Array {
    return (this.feeds[name]?.data as Float32Array).subarray(slot * size, (slot + 1) * size)
  }
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
