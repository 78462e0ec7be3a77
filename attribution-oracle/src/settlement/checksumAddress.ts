import type { Keccak } from './keccak'

const UPPER = 'a'.charCodeAt(0) - 'A'.charCodeAt(0)
const FIRST_LETTER = 'a'.charCodeAt(0)

/** An address of 20 bytes as text whose upper-case letters are its checksum (ERC-55). */
export function checksumAddress(keccak: Keccak, address: Uint8Array): string {
  const digits = Buffer.from(address.buffer, address.byteOffset, 20).toString('hex')
  const codes = Buffer.allocUnsafe(40)
  codes.write(digits, 'latin1')
  const hash = keccak(codes)
  for (let i = 0; i < 40; i++) {
    const nibble = i % 2 === 0 ? hash[i >> 1]! >> 4 : hash[i >> 1]! & 15
    if (nibble >= 8 && codes[i]! >= FIRST_LETTER) codes[i]! -= UPPER
  }
  return `0x${codes.toString('latin1')}`
}
