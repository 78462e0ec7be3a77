/** Steps of interpolation before a search goes on by halves. */
const GUESSES = 8

/** What stands at a place of a sorted list. */
export interface Probe {
  /** whether it stands before what is looked for */
  below: boolean
  /** its key: a number that never falls along the list */
  key: number
}

/**
 * The first place of a sorted list that is not below what is looked for; `count` where all are. The key tells about where
 * to look: in a list of even spread three or four steps do, in any other one halving takes over after a few.
 * @param key of what is looked for, from 0 below `keys`
 */
export function interpolationSearch(
  count: number,
  key: number,
  keys: number,
  probe: (place: number) => Probe,
): number {
  let [low, high] = [0, count]
  let [from, to] = [0, keys]
  for (let step = 0; low < high; step++) {
    const share = to > from ? (key - from) / (to - from) : 0.5
    const guess = Math.min(high - 1, low + Math.floor(share * (high - low)))
    const place = step < GUESSES ? guess : (low + high) >>> 1
    const found = probe(place)
    if (found.below) [low, from] = [place + 1, found.key]
    else [high, to] = [place, found.key]
  }
  return low
}
