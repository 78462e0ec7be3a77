import { canonicalJson } from '../domain'

/** One place where a post is not what we compute; `position` is the row for a table, absent for a single value. */
export interface Difference {
  part: string
  position?: number
  /** what was posted or published */
  got: string
  /** what we compute */
  expected: string
}

/** Compares one value by its canonical text. */
export function compareValue(part: string, got: unknown, expected: unknown): Difference[] {
  const [a, b] = [canonicalJson(got), canonicalJson(expected)]
  return a === b ? [] : [{ part, got: a, expected: b }]
}

/** The first row that differs, if any; a missing row reads "nothing". */
export function compareRows(
  part: string,
  got: readonly unknown[],
  expected: readonly unknown[],
): Difference[] {
  for (let position = 0; position < Math.max(got.length, expected.length); position++) {
    const [a, b] = [rowText(got[position]), rowText(expected[position])]
    if (a !== b) return [{ part, position, got: a, expected: b }]
  }
  return []
}

function rowText(row: unknown): string {
  return row === undefined ? 'nothing' : canonicalJson(row)
}
