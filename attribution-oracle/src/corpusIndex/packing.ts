/** Bytes that one entry takes in a file. */
export type Width = 2 | 3 | 4

/** Entries to a part, so that packing needs no second copy of the whole. */
const PART = 1 << 20

/** The narrowest width for symbols below `alphabet`: two bytes up to a vocabulary of 65,535, else three. */
export function symbolWidth(alphabet: number): 2 | 3 {
  return alphabet <= 1 << 16 ? 2 : 3
}

/** Entries as little-endian bytes, in parts that are made as they are asked for. */
export function* packed(values: ArrayLike<number>, width: Width): Generator<Uint8Array> {
  for (let from = 0; from < values.length; from += PART) {
    const count = Math.min(PART, values.length - from)
    const bytes = new Uint8Array(count * width)
    for (let i = 0, to = 0; i < count; i++) {
      let rest = values[from + i]!
      for (const end = to + width; to < end; rest >>>= 8) bytes[to++] = rest & 0xff
    }
    yield bytes
  }
}

/** Writes what `packed` packed to `values`, from entry `first` on. */
export function unpack(
  bytes: Uint8Array,
  width: Width,
  values: Uint16Array | Int32Array,
  first: number,
): void {
  const count = bytes.length / width
  for (let i = 0, at = 0; i < count; i++) {
    let value = 0
    for (let shift = 0; shift < 8 * width; shift += 8) value |= bytes[at++]! << shift
    values[first + i] = value
  }
}
