import type { Tensor } from '../model/types'
import type { Feeds } from '../session/feeds'

/**
 * The first `count` slots of feeds whose leading axis is the slot, without a copy: a step over few slots then reads the
 * memory of all slots in place.
 */
export function firstSlots(feeds: Feeds, count: number): Feeds {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, headOf(tensor, count)]))
}

function headOf({ dtype, dims, data }: Tensor, count: number): Tensor {
  const [slots, ...rest] = dims as [number, ...number[]]
  return { dtype, dims: [count, ...rest], data: data.subarray(0, (data.length / slots) * count) }
}
