import { hash } from 'node:crypto'

export const LEAF_BYTES = 20 + 16 + 16

/**
 * Ledger leaves of accounts that nobody chose: account, cumulative and prefix of each, packed as they are hashed. Hashing
 * is all that it imports, so that the memory of who builds on it is the builder's.
 */
export function packedAccounts(count: number): Uint8Array {
  const packed = new Uint8Array(count * LEAF_BYTES)
  const view = new DataView(packed.buffer)
  let prefix = 0n
  for (let i = 0; i < count; i++) {
    const at = i * LEAF_BYTES
    const random = randomOf(i)
    packed.set(random.subarray(0, 20), at)
    // up to some 18 OPEN in wei
    const cumulative = random.readBigUInt64BE(20)
    setUint128(view, at + 20, cumulative)
    setUint128(view, at + 36, prefix)
    prefix += cumulative
  }
  return packed
}

/** The address of an account without the others. */
export function addressOf(account: number): string {
  return `0x${randomOf(account).toString('hex', 0, 20)}`
}

export function uint128At(packed: Uint8Array, at: number): bigint {
  const view = new DataView(packed.buffer, packed.byteOffset)
  return (view.getBigUint64(at) << 64n) | view.getBigUint64(at + 8)
}

export function addressAt(packed: Uint8Array, leaf: number): string {
  return `0x${Buffer.from(packed.buffer, packed.byteOffset + leaf * LEAF_BYTES, 20).toString('hex')}`
}

function randomOf(account: number): Buffer {
  return hash('sha256', `bench account ${account}`, 'buffer')
}

function setUint128(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, value >> 64n)
  view.setBigUint64(at + 8, BigInt.asUintN(64, value))
}
