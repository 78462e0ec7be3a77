import { getBytes } from 'ethers'

const PUSH1 = 0x60
const PUSH32 = 0x7f

/**
 * Whether deployed code is that of a build, whatever its immutables hold. The runtime code lies in the creation code
 * (at its end, or before constants that the constructor needs); each immutable is there as a PUSH32 of zero, which
 * solc writes for nothing else (a constant zero is PUSH0), so everything but those 32 bytes has to be equal.
 * @param deployed code at an address, hex.
 * @param creation creation code of the build without constructor arguments, hex.
 */
export function isBuildOf(deployed: string, creation: string): boolean {
  const code = getBytes(deployed)
  const build = getBytes(creation)
  if (code.length === 0) return false
  for (let start = build.length - code.length; start >= 0; start--) {
    if (isInstance(code, build.subarray(start, start + code.length))) return true
  }
  return false
}

function isInstance(code: Uint8Array, template: Uint8Array): boolean {
  for (let at = 0; at < code.length;) {
    const opcode = template[at] ?? 0
    if (code[at] !== opcode) return false
    const end = opcode >= PUSH1 && opcode <= PUSH32 ? at + 1 + (opcode - PUSH1 + 1) : at + 1
    const immediate = template.subarray(at + 1, end)
    const isImmutable = opcode === PUSH32 && immediate.every(byte => byte === 0)
    if (!isImmutable && !immediate.every((byte, i) => byte === code[at + 1 + i])) return false
    at = end
  }
  return true
}
