import { type Digest, type ScreeningRules, sha256 } from '../domain'
import { canonicalise } from './canonicalise'
import { type FormatFault, sizeFault, sourceFault } from './formatRules'
import { readLexemes } from './lexemes'
import { setOf, shinglesOf, streamHash } from './shingles'

/** What screening compares of one file. */
export interface Source {
  /** SHA-256 of the canonical bytes. */
  readonly digest: Digest
  /** Hash of the whole code with names replaced by their order. */
  readonly stream: number
  /** Shingles by position, and as a set. */
  readonly shingles: Float64Array
  readonly set: Float64Array
}

/** Reads one file, or says which format rule it breaks. */
export function readSource(bytes: Uint8Array, rules: ScreeningRules): Source | FormatFault {
  const canonical = canonicalise(bytes)
  if (canonical === undefined) return { reason: 'NOT_TEXT', detail: 'not a UTF-8 text' }
  const fault = sizeFault(canonical.bytes.length, rules)
  if (fault !== undefined) return fault
  const lexemes = readLexemes(canonical.text)
  const notSource = sourceFault(lexemes)
  if (notSource !== undefined) return notSource
  const shingles = shinglesOf(lexemes.codes, lexemes.identifiers, rules.shingle)
  return {
    digest: sha256(canonical.bytes),
    stream: streamHash(lexemes.codes, lexemes.identifiers),
    shingles,
    set: setOf(shingles),
  }
}
