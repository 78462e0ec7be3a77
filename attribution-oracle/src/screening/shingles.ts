import { IDENTIFIER_BASE } from './lexemeCodes'

/**
 * The alpha-renamed shingles of a lexeme stream as 52-bit hashes, in the order of their first lexemes.
 * A shingle is `length` consecutive lexemes in which identifiers are numbered by first occurrence INSIDE the shingle:
 * renaming every name of a file, however consistently, leaves the hashes as they were.
 */
export function shinglesOf(codes: Int32Array, identifiers: number, length: number): Float64Array {
  const count = codes.length - length + 1
  if (count <= 0) return new Float64Array(0)
  const hashes = new Float64Array(count)
  const numbering = new LocalNumbering(identifiers)
  for (let start = 0; start < count; start++)
    hashes[start] = hashSpan(codes, start, start + length, numbering)
  return hashes
}

/** The distinct hashes, ascending; moving a function hardly changes it. */
export function setOf(hashes: Float64Array): Float64Array {
  return distinct(hashes.slice().sort())
}

/** One hash of the whole stream under the same renaming: equal for two files that differ in names only. */
export function streamHash(codes: Int32Array, identifiers: number): number {
  return hashSpan(codes, 0, codes.length, new LocalNumbering(identifiers))
}

/** Numbers identifiers by first occurrence; `restart` forgets all of them in constant time. */
class LocalNumbering {
  private readonly seenIn: Int32Array
  private readonly number: Int32Array
  private round = 0
  private next = 0

  constructor(identifiers: number) {
    this.seenIn = new Int32Array(identifiers)
    this.number = new Int32Array(identifiers)
  }

  restart(): void {
    this.round++
    this.next = 0
  }

  of(identifier: number): number {
    if (this.seenIn[identifier] !== this.round) {
      this.seenIn[identifier] = this.round
      this.number[identifier] = this.next++
    }
    return this.number[identifier] as number
  }
}

/** Two 32-bit lanes of multiply-xor mixing, 52 bits kept so that a hash is an exact number. */
function hashSpan(codes: Int32Array, start: number, end: number, numbering: LocalNumbering): number {
  numbering.restart()
  let low = 0x811c9dc5
  let high = 0x9e3779b9
  for (let index = start; index < end; index++) {
    let code = codes[index] as number
    if (code >= IDENTIFIER_BASE) code = IDENTIFIER_BASE + numbering.of(code - IDENTIFIER_BASE)
    low = Math.imul(low ^ code, 0x01000193)
    low ^= low >>> 15
    high = Math.imul(high + code, 0x85ebca6b)
    high ^= high >>> 13
  }
  return (mix(high) >>> 12) * 2 ** 32 + (mix(low) >>> 0)
}

function mix(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

function distinct(ascending: Float64Array): Float64Array {
  let length = 0
  for (let index = 0; index < ascending.length; index++) {
    if (index === 0 || ascending[index] !== ascending[index - 1])
      ascending[length++] = ascending[index] as number
  }
  return ascending.slice(0, length)
}
