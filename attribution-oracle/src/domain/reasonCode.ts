/** Why a contribution is paid or not. Stored and published with every decision, so that `explain` can answer. */
export const REASON_CODES = [
  'ACCEPTED',
  'EXACT_COPY',
  'NEAR_COPY',
  'TOO_SMALL',
  'TOO_LARGE',
  'NOT_TEXT',
  'NOISE',
  'OUTLIER',
  /** none of its nearest held-out neighbours has its label */
  'CONTRADICTED',
  /** nothing in it that no earlier contribution holds */
  'NOT_NOVEL',
  /** it does not lower the loss on held-out work */
  'NOT_HELPFUL',
  /** it helps, but by less than could be luck: held back until later epochs confirm it */
  'UNCERTAIN',
  /** its bytes or its batch manifest are not in the content store */
  'UNAVAILABLE',
  /** the batch manifest is malformed, or its items do not hash to the root on chain */
  'INVALID_BATCH',
  /** taken back by its contributor */
  'WITHDRAWN',
  /** replaced by a later contribution of its contributor */
  'SUPERSEDED',
  /** in a curated Datanet, and its owner has not decided of the batch */
  'UNDECIDED',
  /** in a curated Datanet, and its owner refused the batch */
  'REFUSED',
] as const

export type ReasonCode = (typeof REASON_CODES)[number]
export type Verdict = 'accepted' | 'copy' | 'rejected'
