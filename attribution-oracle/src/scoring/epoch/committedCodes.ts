import type { ScoreInput } from '../../domain'
import { isFault } from '../../errors'
import { codesAgree } from './codesAgree'
import { type EpochCodes, decodeEpochCodes, encodeEpochCodes } from './epochCodes'

/** The codes that the epoch is scored by, with their bytes: the committed ones where ours agree with them. */
export async function committedCodes(
  ours: EpochCodes,
  committed: ScoreInput['committed'],
): Promise<{ codes: EpochCodes; bytes: Uint8Array | undefined }> {
  if (ours.checkpoints.length === 0) return { codes: ours, bytes: undefined }
  const own = encodeEpochCodes(ours)
  const theirs = await committed?.(own.length)
  if (theirs !== undefined) {
    const codes = readCodes(theirs)
    if (codes && codesAgree(ours, codes)) return { codes, bytes: theirs }
  }
  return { codes: ours, bytes: own }
}

/** undefined for bytes that are no codes: whoever committed to them agrees with nobody */
function readCodes(bytes: Uint8Array): EpochCodes | undefined {
  try {
    return decodeEpochCodes(bytes)
  } catch (error) {
    if (isFault(error, 'INVALID_DOCUMENT')) return undefined
    throw error
  }
}
