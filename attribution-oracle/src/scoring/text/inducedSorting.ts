/** Symbols below `alphabet`; one array type for texts of up to 16 bits and one for the rest keep the loops fast. */
export type Symbols = Uint16Array | Int32Array

/**
 * Writes the suffix array of `text` into `sa[0, text.length)`: sorting by induction (SA-IS: Nong, Zhang and Chan, "Two
 * efficient algorithms for linear time suffix array construction", 2009), O(n) whatever the text repeats. A suffix is
 * S when it is below the next one, L when above; the end of the text is below everything, and so the last suffix is L.
 * An S suffix after an L is leftmost (LMS). The order of the leftmost ones gives that of all L in one pass upwards, and
 * theirs that of all S in one pass downwards.
 *
 * While the passes run the sign of an entry says whether the suffix before it is still to be placed by this pass, so
 * that a suffix's type is read once, when it is placed, from the symbol beside the one that is read anyway.
 */
export function sortSuffixes(text: Symbols, sa: Int32Array, alphabet: number): void {
  const n = text.length
  if (n < 2) {
    if (n === 1) sa[0] = 0
    return
  }
  const counts = new Int32Array(alphabet + 1)
  for (let i = 0; i < n; i++) counts[text[i]! + 1]!++
  // counts[c] = where the bucket of c starts, counts[c + 1] where it ends
  for (let c = 0; c < alphabet; c++) counts[c + 1]! += counts[c]!
  const edge = new Int32Array(alphabet)

  sa.fill(0, 0, n)
  const found = placeLeftmost(text, sa, counts, edge)
  if (found > 1) {
    induceUpwards(text, sa, counts, edge)
    induceDownwards(text, sa, counts, edge)
    const leftmost = gather(sa, n, found)
    const names = nameSubstrings(text, sa, leftmost)
    orderLeftmost(text, sa, leftmost, names)
    placeSorted(text, sa, counts, edge, leftmost)
  }
  finishUpwards(text, sa, counts, edge)
  finishDownwards(text, sa, counts, edge)
}

/** Leftmost suffixes to the ends of their buckets, in the order of the text. Returns how many. */
function placeLeftmost(text: Symbols, sa: Int32Array, counts: Int32Array, edge: Int32Array): number {
  edge.set(counts.subarray(1))
  let found = 0
  let isS = false
  let next = text[text.length - 1]!
  for (let i = text.length - 2; i >= 0; i--) {
    const symbol = text[i]!
    if (symbol < next) isS = true
    else if (symbol > next) {
      if (isS) {
        sa[--edge[next]!] = i + 1
        found++
      }
      isS = false
    }
    next = symbol
  }
  return found
}

/** From the leftmost to the L suffixes; keeps, negated, those that follow an S. */
function induceUpwards(text: Symbols, sa: Int32Array, counts: Int32Array, edge: Int32Array): void {
  const n = text.length
  edge.set(counts.subarray(0, edge.length))
  const last = text[n - 1]!
  sa[edge[last]!++] = text[n - 2]! >= last ? n - 1 : 1 - n
  for (let i = 0; i < n; i++) {
    const suffix = sa[i]!
    if (suffix <= 0) continue
    sa[i] = 0
    const before = suffix - 1
    const symbol = text[before]!
    const at = edge[symbol]!
    edge[symbol] = at + 1
    sa[at] = before > 0 && text[before - 1]! >= symbol ? before : -before
  }
}

/** From the kept L to the S suffixes; keeps, negated, the leftmost of these. */
function induceDownwards(text: Symbols, sa: Int32Array, counts: Int32Array, edge: Int32Array): void {
  edge.set(counts.subarray(1))
  for (let i = text.length - 1; i >= 0; i--) {
    const suffix = -sa[i]!
    if (suffix <= 0) continue
    sa[i] = 0
    const before = suffix - 1
    const symbol = text[before]!
    const at = edge[symbol]! - 1
    edge[symbol] = at
    if (before > 0) sa[at] = text[before - 1]! <= symbol ? -before : before
  }
}

/** Moves the leftmost suffixes, the only entries left, to the front. */
function gather(sa: Int32Array, n: number, found: number): number {
  let to = 0
  for (let i = 0; to < found; i++) {
    const suffix = sa[i]!
    if (suffix > 0) sa[to++] = suffix
  }
  sa.fill(0, to, n)
  return to
}

/**
 * Numbers the substrings between leftmost positions, both included, in their sorted order; equal ones share a number.
 * That of position p goes to sa[leftmost + (p >> 1)], as no two such positions are neighbours. Returns how many.
 */
function nameSubstrings(text: Symbols, sa: Int32Array, leftmost: number): number {
  measureSubstrings(text, sa, leftmost)
  let names = 0
  let previous = 0
  let previousLength = -1
  for (let i = 0; i < leftmost; i++) {
    const start = sa[i]!
    const slot = leftmost + (start >> 1)
    const length = sa[slot]!
    let equal = length === previousLength
    for (let k = 0; equal && k < length; k++) equal = text[start + k] === text[previous + k]
    if (!equal) {
      names++
      previous = start
      previousLength = length
    }
    sa[slot] = names
  }
  return names
}

/** Lengths of the substrings, into the slots of their names. */
function measureSubstrings(text: Symbols, sa: Int32Array, leftmost: number): void {
  // The last one ends below everything, so it equals no other: no other has length 1.
  let end = -1
  let isS = false
  let next = text[text.length - 1]!
  for (let i = text.length - 2; i >= 0; i--) {
    const symbol = text[i]!
    if (symbol < next) isS = true
    else if (symbol > next) {
      if (isS) {
        sa[leftmost + ((i + 1) >> 1)] = end < 0 ? 1 : end - i
        end = i + 1
      }
      isS = false
    }
    next = symbol
  }
}

/** Sorts the leftmost suffixes in sa[0, leftmost): by their numbers, or where these repeat, by the text of numbers. */
function orderLeftmost(text: Symbols, sa: Int32Array, leftmost: number, names: number): void {
  if (names === leftmost) return
  const n = text.length
  let to = n
  for (let i = n - 1; i >= leftmost; i--) if (sa[i]! > 0) sa[--to] = sa[i]! - 1
  const numbers = sa.subarray(n - leftmost, n)
  sortSuffixes(numbers, sa.subarray(0, leftmost), names)
  listLeftmost(text, numbers)
  for (let i = 0; i < leftmost; i++) sa[i] = numbers[sa[i]!]!
}

/** All leftmost positions in the order of the text. */
function listLeftmost(text: Symbols, positions: Int32Array): void {
  let to = positions.length
  let isS = false
  let next = text[text.length - 1]!
  for (let i = text.length - 2; i >= 0; i--) {
    const symbol = text[i]!
    if (symbol < next) isS = true
    else if (symbol > next) {
      if (isS) positions[--to] = i + 1
      isS = false
    }
    next = symbol
  }
}

/** The sorted leftmost suffixes from the front to the ends of their buckets; all else is cleared. */
function placeSorted(
  text: Symbols,
  sa: Int32Array,
  counts: Int32Array,
  edge: Int32Array,
  leftmost: number,
): void {
  sa.fill(0, leftmost, text.length)
  edge.set(counts.subarray(1))
  for (let i = leftmost - 1; i >= 0; i--) {
    const suffix = sa[i]!
    sa[i] = 0
    sa[--edge[text[suffix]!]!] = suffix
  }
}

/** As induceUpwards, but every suffix stays; those to go on with in the other pass are left positive. */
function finishUpwards(text: Symbols, sa: Int32Array, counts: Int32Array, edge: Int32Array): void {
  const n = text.length
  edge.set(counts.subarray(0, edge.length))
  const last = text[n - 1]!
  sa[edge[last]!++] = text[n - 2]! >= last ? n - 1 : ~(n - 1)
  for (let i = 0; i < n; i++) {
    const suffix = sa[i]!
    sa[i] = ~suffix
    if (suffix <= 0) continue
    const before = suffix - 1
    const symbol = text[before]!
    const at = edge[symbol]!
    edge[symbol] = at + 1
    sa[at] = before > 0 && text[before - 1]! >= symbol ? before : ~before
  }
}

/** As induceDownwards, and undoes what is negated. */
function finishDownwards(text: Symbols, sa: Int32Array, counts: Int32Array, edge: Int32Array): void {
  edge.set(counts.subarray(1))
  for (let i = text.length - 1; i >= 0; i--) {
    const suffix = sa[i]!
    if (suffix < 0) sa[i] = ~suffix
    if (suffix <= 0) continue
    const before = suffix - 1
    const symbol = text[before]!
    const at = edge[symbol]! - 1
    edge[symbol] = at
    sa[at] = before > 0 && text[before - 1]! <= symbol ? before : ~before
  }
}
