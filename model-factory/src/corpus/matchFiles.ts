import { ModelFactoryError } from '../errors'

/** The files whose name matches. Throws NO_FILES when there is none; `purpose` says what they were wanted for. */
export function matchFiles<T extends { name: string }>(
  files: readonly T[],
  match: string,
  purpose: string,
): T[] {
  const pattern = new RegExp(match, 'u')
  const matching = files.filter(({ name }) => pattern.test(name))
  if (matching.length === 0) throw new ModelFactoryError('NO_FILES', { purpose, match })
  return matching
}
