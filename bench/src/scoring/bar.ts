/** A figure that may not be above its bar. */
export interface Bar {
  readonly name: string
  readonly value: number
  readonly most: number
}

export const bar = (name: string, value: number, most: number): Bar => ({ name, value, most })

/** NaN misses, too. */
export const isMissed = ({ value, most }: Bar): boolean => !(value <= most)
