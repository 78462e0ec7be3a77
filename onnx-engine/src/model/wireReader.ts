import { OnnxEngineError } from '../errors'

const text = new TextDecoder('utf-8', { fatal: true })

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
    if (field) this.expect(field, 0)
    const start = this.position
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.position++]
      if (byte === undefined) throw this.malformed(start, 'the end of the message', 'the rest of a varint')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, value)
    }
    throw this.malformed(start, 'more than 10 bytes', 'a varint')
  }

  number(field?: Field): number {
    const start = this.position
    const value = this.int64(field)
    const number = Number(value)
    if (!Number.isSafeInteger(number)) throw this.malformed(start, `${value}`, 'an integer below 2^53')
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

  rawFloat(): number {
    return this.view.getFloat32(this.advance(4), true)
  }

  rawDouble(): number {
    return this.view.getFloat64(this.advance(8), true)
  }

  skip(field: Field): void {
    if (field.wireType === 0) this.int64()
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

/** Calls the reader of each field; fields without one are skipped. */
export function eachField(reader: WireReader, readers: Record<number, (field: Field) => unknown>): void {
  while (!reader.done) {
    const field = reader.field()
    const read = readers[field.number]
    if (read) read(field)
    else reader.skip(field)
  }
}
