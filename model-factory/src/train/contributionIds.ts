/** The contributions behind files, ascending. */
export const ascendingIds = (files: readonly { id: number }[]): number[] =>
  files.map(({ id }) => id).sort((a, b) => a - b)
