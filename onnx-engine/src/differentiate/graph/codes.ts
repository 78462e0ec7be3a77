import type { GraphBuilder } from '../../graph/builder'
import { positionRows, unfold } from '../../graph/unfold'
import type { Value } from '../../graph/value'
import type { LayerPlace } from './layers'

/** Inputs [.., inWidth without the 1] and gradients [.., outWidth] of one layer, in whatever order the graph has the samples. */
export interface LayerValues {
  readonly place: LayerPlace
  /** Forward values with the axes of `x` and `dy`. */
  readonly like: { readonly x: string; readonly y: string }
  readonly x: Value
  readonly dy: Value
}

/** No value's name: whatever has this one's axes has the samples first. */
const FIRST = ''

/**
 * What a layer multiplies and the gradient of its product, as matrices of positions: as they are for linear layers,
 * unfolded for convolutions, whose groups share one unfolding.
 * @param found gradients by the names of products
 */
export function layerValues(
  builder: GraphBuilder,
  places: readonly LayerPlace[],
  found: ReadonlyMap<string, Value>,
): LayerValues[] {
  const made = new Map<string, Value[]>()
  const once = (key: string, make: () => Value[]): Value[] => {
    const existing = made.get(key)
    if (existing) return existing
    const values = make()
    made.set(key, values)
    return values
  }
  return places.map(place => {
    const [x, dy] = [builder.value(place.x), found.get(place.y)!]
    if (!place.patches) return { place, like: place, x, dy }
    const { window, group, groups } = place.patches
    // Layers with equal windows on one input (branches of a block) have equal patches.
    const key = `${place.x} ${JSON.stringify(window)}`
    // Unfolding needs the samples on the first axis and leaves them there.
    const like = { x: FIRST, y: FIRST }
    return {
      place,
      like,
      x: once(key, () => unfold(builder, x, window))[group]!,
      dy: once(`gradient ${place.y}`, () => positionRows(builder, dy, groups))[group]!,
    }
  })
}
