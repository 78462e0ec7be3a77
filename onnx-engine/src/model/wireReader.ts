import { OnnxEngineError } from '../errors'

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export interface Field {
  readonly number: number
  readonly wireType: number
}

/** Reads protobuf fields one after the other and refuses whatever leaves its message. */
export class WireReader {
  private position: number
  private readonly view: DataView

  /** @param base offset of `bytes` in the whole file, for error messages only */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly what: string,
    private readonly base = 0,
  ) {
    this.position = 0
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get done(): boolean {
    return this.position >= this.bytes.length
  }

  field(): Field {
    const start = this.position
    const key = this.number()
    const field = { number: Math.floor(key / 8), wireType: key % 8 }
    if (field.number === 0) throw this.malformed(start, 'field number 0', 'a field number from 1')
    return field
  }

  /** Reads a varint as a signed 64-bit integer. */
  int64(field?: Field): bigint {
    const [high, low] = this.varint(field)
    return (BigInt(high) << 32n) | BigInt(low)
  }

  number(field?: Field): number {
    const start = this.position
    const [high, low] = this.varint(field)
    const number = high * 2 ** 32 + low
    if (!Number.isSafeInteger(number))
      throw this.malformed(start, `${(BigInt(high) << 32n) | BigInt(low)}`, 'an integer below 2^53')
    return number
  }

  float(field: Field): number {
    this.expect(field, 5)
    return this.view.getFloat32(this.advance(4), true)
  }

  data(field: Field): Uint8Array {
    this.expect(field, 2)
    const length = this.number()
    const start = this.advance(length)
    return this.bytes.subarray(start, start + length)
  }

  string(field: Field): string {
    const start = this.position
    const bytes = this.data(field)
    try {
      return text.decode(bytes)
    } catch {
      throw this.malformed(start, 'bytes that are not UTF-8', 'text')
    }
  }

  message(field: Field, what: string): WireReader {
    const bytes = this.data(field)
    return new WireReader(bytes, what, this.base + this.position - bytes.length)
  }

  /** The values of a repeated scalar field, packed into one run of bytes or written one by one. */
  repeated<T>(field: Field, read: (reader: WireReader) => T): T[] {
    if (field.wireType !== 2) return [read(this)]
    const packed = this.message(field, this.what)
    const values: T[] = []
    while (!packed.done) values.push(read(packed))
    return values
  }

  /** The whole message. */
  get all(): Uint8Array {
    return this.bytes
  }

  /** The values of a repeated float field; packed ones are copied in one piece. */
  floats(field: Field): ArrayLike<number> {
    return field.wireType === 2
      ? new Float32Array(this.copied(field, 4).buffer)
      : this.repeated(field, r => r.rawFloat())
  }

  /** The values of a repeated double field; packed ones are copied in one piece. */
  doubles(field: Field): ArrayLike<number> {
    return field.wireType === 2
      ? new Float64Array(this.copied(field, 8).buffer)
      : this.repeated(field, r => r.rawDouble())
  }

  rawFloat(): number {
    return this.view.getFloat32(this.advance(4), true)
  }

  rawDouble(): number {
    return this.view.getFloat64(this.advance(8), true)
  }

  /** Passes over a field and gives its bytes, key included. */
  raw(field: Field, start: number): Uint8Array {
    this.skip(field)
    return this.bytes.subarray(start, this.position)
  }

  get at(): number {
    return this.position
  }

  skip(field: Field): void {
    if (field.wireType === 0) this.varint()
    else if (field.wireType === 1) this.advance(8)
    else if (field.wireType === 2) this.data(field)
    else if (field.wireType === 5) this.advance(4)
    else throw this.malformed(this.position, `wire type ${field.wireType}`, 'wire type 0, 1, 2 or 5')
  }

  malformed(position: number, got: string, expected: string): OnnxEngineError {
    return new OnnxEngineError('MALFORMED_MODEL', {
      what: this.what,
      offset: this.base + position,
      got,
      expected,
    })
  }

  /** The upper half, signed, and the lower half of a varint of 64 bits. */
  private varint(field?: Field): [number, number] {
    if (field) this.expect(field, 0)
    const start = this.position
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.position++]
      if (byte === undefined) throw this.malformed(start, 'the end of the message', 'the rest of a varint')
      const seven = byte & 0x7f
      if (shift < 28) low |= seven << shift
      else if (shift === 28) {
        low |= seven << 28
        high = seven >>> 4
      } else high |= seven << (shift - 32)
      if (byte < 0x80) return [high, low >>> 0]
    }
    throw this.malformed(start, 'more than 10 bytes', 'a varint')
  }

  private copied(field: Field, width: number): Uint8Array {
    const bytes = this.data(field)
    if (bytes.length % width !== 0)
      throw this.malformed(this.position - bytes.length, `${bytes.length} bytes`, `a multiple of ${width}`)
    return new Uint8Array(bytes)
  }

  private expect(field: Field, wireType: number): void {
    if (field.wireType !== wireType)
      throw this.malformed(
        this.position,
        `field ${field.number} with wire type ${field.wireType}`,
        `wire type ${wireType}`,
      )
  }

  private advance(length: number): number {
    const start = this.position
    if (length < 0 || start + length > this.bytes.length)
      throw this.malformed(start, `${this.bytes.length - start} bytes left`, `${length} bytes`)
    this.position = start + length
    return start
  }
}

/**
 * Calls the reader of each field, and gives back the fields without one, as they came and copied: a slice would keep
 * the whole file in memory. Undefined when there are none.
 */
export function eachField(
  reader: WireReader,
  readers: Record<number, (field: Field) => unknown>,
): Uint8Array | undefined {
  const kept: Uint8Array[] = []
  while (!reader.done) {
    const start = reader.at
    const field = reader.field()
    const read = readers[field.number]
    if (read) read(field)
    else kept.push(reader.raw(field, start))
  }
  if (kept.length === 0) return undefined
  const bytes = new Uint8Array(kept.reduce((sum, piece) => sum + piece.length, 0))
  let position = 0
  for (const piece of kept) {
    bytes.set(piece, position)
    position += piece.length
  }
  return bytes
}

/** `{ kept }` where there is something to keep. */
export const keeping = (kept: Uint8Array | undefined): { kept?: Uint8Array } => (kept ? { kept } : {})
