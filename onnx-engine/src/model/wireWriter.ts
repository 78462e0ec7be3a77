const text = new TextEncoder()

/**
 * Writes protobuf fields in the order of the calls, so that equal calls give equal bytes. Pieces are kept as they come
 * and copied once at the end, because the weights pass through three nested messages.
 */
export class WireWriter {
  private readonly pieces: Uint8Array[] = []
  private small: number[] = []
  private length = 0

  /** Writes a field of type int32, int64, bool or enum; a negative number takes ten bytes, as protobuf asks. */
  integer(field: number, value: number | bigint): this {
    this.key(field, 0)
    this.varint(value)
    return this
  }

  float(field: number, value: number): this {
    this.key(field, 5)
    this.append(new Uint8Array(Float32Array.of(value).buffer))
    return this
  }

  string(field: number, value: string): this {
    return this.bytes(field, text.encode(value))
  }

  bytes(field: number, value: Uint8Array): this {
    this.key(field, 2)
    this.varint(value.length)
    this.append(value)
    return this
  }

  message(field: number, write: (nested: WireWriter) => void): this {
    const nested = new WireWriter()
    write(nested)
    nested.flush()
    this.key(field, 2)
    this.varint(nested.length)
    for (const piece of nested.pieces) this.append(piece)
    return this
  }

  /** Appends fields that are encoded already. */
  fields(encoded: Uint8Array | undefined): this {
    if (encoded) this.append(encoded)
    return this
  }

  finish(): Uint8Array {
    this.flush()
    const bytes = new Uint8Array(this.length)
    let position = 0
    for (const piece of this.pieces) {
      bytes.set(piece, position)
      position += piece.length
    }
    return bytes
  }

  private key(field: number, wireType: number): void {
    this.varint((field << 3) | wireType)
  }

  private varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 0x7fn) {
      this.small.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.small.push(Number(rest))
  }

  private append(piece: Uint8Array): void {
    this.flush()
    this.pieces.push(piece)
    this.length += piece.length
  }

  private flush(): void {
    if (this.small.length === 0) return
    this.pieces.push(Uint8Array.from(this.small))
    this.length += this.small.length
    this.small = []
  }
}
