import type { ReasonCode } from './reasonCode'

/** Every reason code as a sentence for whoever contributed. */
export const REASON_WORDS: Readonly<Record<ReasonCode, string>> = {
  ACCEPTED: 'accepted',
  EXACT_COPY: 'the same file was contributed before, to the byte or but for its formatting',
  NEAR_COPY: 'too similar to a file that was contributed before',
  TOO_SMALL: 'smaller than the rules of the epoch allow',
  TOO_LARGE: 'larger than the rules of the epoch allow',
  NOT_TEXT: 'not a text of the format that the Datanet collects',
  NOISE: 'reads like noise: its word order means nothing to the model',
  OUTLIER: 'unlike everything else in the Datanet',
  CONTRADICTED: 'none of its nearest held-out neighbours has its label',
  NOT_NOVEL: 'nothing in it that no earlier contribution holds',
  NOT_HELPFUL: 'it does not lower the loss on held-out work',
  UNCERTAIN: 'it helps, but by less than could be luck: held back until later epochs confirm it',
  UNAVAILABLE: 'its file or its batch manifest is not in the content store',
  INVALID_BATCH: 'the batch manifest is malformed, or is not what was committed on chain',
  WITHDRAWN: 'taken back by its contributor',
  SUPERSEDED: 'replaced by a later contribution of its contributor',
  UNDECIDED: 'the owner of the curated Datanet has not decided of its batch yet',
  REFUSED: 'the owner of the curated Datanet refused its batch',
}
