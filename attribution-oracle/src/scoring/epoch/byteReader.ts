/** The numbers one after the other, little-endian. */
export function littleEndian(values: Float32Array | Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.byteLength))
  const size = values.BYTES_PER_ELEMENT
  for (let i = 0; i < values.length; i++) {
    if (size === 4) view.setFloat32(i * 4, values[i]!, true)
    else view.setFloat64(i * 8, values[i]!, true)
  }
  return new Uint8Array(view.buffer)
}

/** Reads a binary format from bytes of unknown origin, front to back; what is missing is refused with `malformed`. */
export class ByteReader {
  #at = 0
  readonly #view: DataView

  constructor(
    private readonly bytes: Uint8Array,
    private readonly malformed: (issue: string) => Error,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.bytes.length - this.#at
  }

  /** @throws malformed for bytes that were not read */
  end(): void {
    if (this.left > 0) throw this.malformed(`${this.left} bytes too many`)
  }

  text(length: number): string {
    const at = this.#take(length)
    return Buffer.from(this.bytes.subarray(at, at + length)).toString('utf8')
  }

  /** A u32 length, then so many bytes of UTF-8. */
  counted(): string {
    return this.text(this.#view.getUint32(this.#take(4), true))
  }

  int8(length: number): Int8Array {
    const at = this.#take(length)
    return Int8Array.from(this.bytes.subarray(at, at + length))
  }

  float32(length: number): Float32Array {
    const at = this.#take(length * 4)
    const values = new Float32Array(length)
    for (let i = 0; i < length; i++) values[i] = this.#view.getFloat32(at + i * 4, true)
    return values
  }

  float64(length: number): Float64Array {
    const at = this.#take(length * 8)
    const values = new Float64Array(length)
    for (let i = 0; i < length; i++) values[i] = this.#view.getFloat64(at + i * 8, true)
    return values
  }

  #take(length: number): number {
    if (length > this.left) throw this.malformed(`${length} bytes are missing at ${this.#at}`)
    this.#at += length
    return this.#at - length
  }
}

/** A text with its u32 length before it. */
export function counted(text: string): Uint8Array {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([length, bytes])
}
