/**
 * A WebAssembly module that multiplies rows of int8 codes by one int16 vector, exactly. Written out here rather than
 * compiled, because it is one loop and a compiler would be a dependency.
 *
 *   dots(codes: i32, rows: i32, stride: i32, query: i32, out: i32)    all but rows and stride are byte offsets
 *
 * out[r] = f64(Σ_j i64(codes[r·stride + j])·query[j]); stride is a positive multiple of 16, rows is positive.
 * A chunk of 2048 codes is summed in four int32 lanes (at most 2048/4·127·32767 < 2^31 each), then in int64.
 */
export const CHUNK = 2048

const op = {
  loop: 0x03,
  end: 0x0b,
  brIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  select: 0x1b,
  constant: 0x41,
  lessUnsigned: 0x49,
  add: 0x6a,
  subtract: 0x6b,
  storeFloat64: 0x39,
  addInt64: 0x7c,
  toFloat64: 0xb9,
} as const

const vector = {
  load: [0xfd, 0x00],
  loadWiden8: [0xfd, 0x01],
  constant: [0xfd, 0x0c],
  extractInt64: [0xfd, 0x1d],
  addInt32: [0xfd, 0xae, 0x01],
  multiplyPairs: [0xfd, 0xba, 0x01],
  widenLow: [0xfd, 0xc7, 0x01],
  widenHigh: [0xfd, 0xc8, 0x01],
  addInt64: [0xfd, 0xce, 0x01],
} as const

const I32 = 0x7f
const V128 = 0x7b
const NO_RESULT = 0x40

const [codes, rows, stride, query, out] = [0, 1, 2, 3, 4]
const [rowEnd, chunkEnd, at, sums, total] = [5, 6, 7, 8, 9]

/** Unsigned LEB128, which also encodes the small positive constants here (bit 6 of the last byte stays clear). */
function leb(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x40) return [...bytes, rest]
    bytes.push((rest & 0x7f) | 0x80)
  }
}

const get = (local: number): number[] => [op.get, local]
const increase = (local: number, by: readonly number[]): number[] => [
  ...get(local),
  ...by,
  op.add,
  op.set,
  local,
]
const constant = (value: number): number[] => [op.constant, ...leb(value)]
const zero = [...vector.constant, ...new Array<number>(16).fill(0)]
const loop = (...body: readonly (readonly number[])[]): number[] => [
  op.loop,
  NO_RESULT,
  ...body.flat(),
  op.end,
]

/** sums += codes[offset .. offset+8]·query[offset .. offset+8], as four sums of two products. */
const eight = (offset: number): number[] => [
  ...get(sums),
  ...[...get(codes), ...vector.loadWiden8, 0, offset],
  ...[...get(at), ...vector.load, 1, 2 * offset],
  ...[...vector.multiplyPairs, ...vector.addInt32],
  ...[op.set, sums],
]

const body = loop(
  [...get(codes), ...get(stride), op.add, op.set, rowEnd],
  [...get(query), op.set, at],
  [...zero, op.set, total],
  loop(
    // chunkEnd = min(codes + CHUNK, rowEnd)
    [...get(codes), ...constant(CHUNK), op.add, op.tee, chunkEnd, ...get(rowEnd)],
    [...get(chunkEnd), ...get(rowEnd), op.lessUnsigned, op.select, op.set, chunkEnd],
    [...zero, op.set, sums],
    loop(eight(0), eight(8), increase(codes, constant(16)), increase(at, constant(32)), [
      ...get(codes),
      ...get(chunkEnd),
      op.lessUnsigned,
      op.brIf,
      0,
    ]),
    [...get(total), ...get(sums), ...vector.widenLow, ...vector.addInt64],
    [...get(sums), ...vector.widenHigh, ...vector.addInt64, op.set, total],
    [...get(codes), ...get(rowEnd), op.lessUnsigned, op.brIf, 0],
  ),
  [...get(out), ...get(total), ...vector.extractInt64, 0, ...get(total), ...vector.extractInt64, 1],
  [op.addInt64, op.toFloat64, op.storeFloat64, 3, 0],
  increase(out, constant(8)),
  [...get(rows), ...constant(1), op.subtract, op.tee, rows, op.brIf, 0],
)

const name = (text: string): number[] => [text.length, ...Buffer.from(text)]
const section = (id: number, ...bytes: readonly (readonly number[])[]): number[] => {
  const flat = bytes.flat()
  return [id, ...length(flat.length), ...flat]
}
/** A plain unsigned LEB128: lengths have no sign bit to keep clear. */
function length(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...length(value >>> 7)]
}

const locals = [2, 3, I32, 2, V128]
const code = [...locals, ...body, op.end]

export const DOT_MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...section(1, [1, 0x60, 5, I32, I32, I32, I32, I32, 0]),
  ...section(2, [1], name('host'), name('memory'), [0x02, 0x00, 0x01]),
  ...section(3, [1, 0]),
  ...section(7, [1], name('dots'), [0x00, 0x00]),
  ...section(10, [1], length(code.length), code),
])
