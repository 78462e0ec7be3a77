import type { Keccak } from './keccak'

/** An address of 20 bytes as text whose upper-case letters are its checksum (ERC-55). */
export function checksumAddress(keccak: Keccak, address: Uint8Array): string {
  const digits = Buffer.from(address.buffer, address.byteOffset, 20).toString('hex')
  const hash = keccak(Buffer.from(digits, 'latin1'))
  let checked = '0x'
  for (let i = 0; i < 40; i++) {
    const nibble = i % 2 === 0 ? hash[i >> 1]! >> 4 : hash[i >> 1]! & 15
    checked += nibble >= 8 ? digits[i]!.toUpperCase() : digits[i]!
  }
  return checked
}
