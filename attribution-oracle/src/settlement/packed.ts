import { AttributionOracleError } from '../errors'
import { fromHex } from './hex'

const HIGH = 1n << 64n
const LIMIT = 1n << 128n

/** A leaf preimage of fixed width behind its 32-byte domain, written field by field and reused for every leaf. */
export class Packed {
  readonly bytes: Uint8Array
  private readonly view: DataView
  private offset = 32

  constructor(domain: Uint8Array, fieldBytes: number) {
    this.bytes = new Uint8Array(32 + fieldBytes)
    this.bytes.set(domain)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Starts the next leaf behind the domain. */
  restart(): this {
    this.offset = 32
    return this
  }

  /** An address or a 24-byte root, as hexadecimal text. */
  hex(value: string): this {
    const bytes = fromHex(value)
    this.bytes.set(bytes, this.offset)
    this.offset += bytes.length
    return this
  }

  uint32(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw outOfRange('uint32', String(value))
    this.view.setUint32(this.offset, value)
    this.offset += 4
    return this
  }

  uint64(value: bigint): this {
    if (value < 0n || value >= HIGH) throw outOfRange('uint64', String(value))
    this.view.setBigUint64(this.offset, value)
    this.offset += 8
    return this
  }

  uint128(value: bigint): this {
    if (value < 0n || value >= LIMIT) throw outOfRange('uint128', String(value))
    this.view.setBigUint64(this.offset, value >> 64n)
    this.view.setBigUint64(this.offset + 8, value & (HIGH - 1n))
    this.offset += 16
    return this
  }
}

function outOfRange(type: string, got: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `A leaf field does not fit into ${type}`, got, expected: type },
    { argument: 'leaf', got, expected: type },
  )
}
