import type { ScreeningRules } from '../domain'

/**
 * What a datanet of C-like source starts from. Chosen by measurement on eight public Solidity packages (802 files);
 * an epoch configuration may change them, the thresholds below it may not.
 */
export const DEFAULT_SCREENING_RULES: ScreeningRules = {
  minBytes: 64,
  maxBytes: 256 * 1024,
  shingle: 16,
  permutations: 128,
  similarity: '0.7',
  noiseMarginNats: '0.1',
}

/** Fewest lexemes of code a file must have; pragmas and imports are not code. */
export const LEAST_LEXEMES = 12
/** Files with fewer distinct shingles are compared by their whole renamed lexeme stream only. */
export const LEAST_SHINGLES = 16
/** Rows in one band of a signature: with 32 bands of 4 rows a pair of similarity 0.7 is missed once in 6,000. */
export const BAND_ROWS = 4
/** Share of a later file's shingles inside ONE earlier file from which it is a copy of it. */
export const CONTAINMENT = 0.85
/** Share of a later file's lexemes in stretches of ANY earlier file from which it is a patchwork of them. */
export const COVERAGE = 0.9
