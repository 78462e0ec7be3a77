/** One count of gas or bytes, by a name that stays the same from version to version. */
export interface Figure {
  readonly name: string
  /** gas of a whole transaction, or bytes of a contract; a mean is rounded */
  readonly value: number
  /** what we hold it to, if anything */
  readonly bar?: number
}

export function mean(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length)
}

/** The figures that miss their bar. */
export function overBar(figures: readonly Figure[]): Figure[] {
  return figures.filter(({ value, bar }) => bar !== undefined && value > bar)
}
