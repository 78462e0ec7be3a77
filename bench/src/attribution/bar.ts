import type { Row } from '../table'

/** A figure with the bar that it has to reach, as cells of a table. */
export function barred(row: Row, bars: Readonly<Record<string, number>>): { row: Row; missed: string[] } {
  const missed = Object.entries(bars).flatMap(([column, bar]) => {
    const got = row[column]
    const fails = column === 's' ? Number(got) > bar : !(Number(got) >= bar)
    return fails ? [`${Object.values(row)[0]}: ${column} ${rounded(Number(got))}, bar ${bar}`] : []
  })
  const bar = Object.entries(bars)
    .map(([column, at]) => `${column} ${column === 's' ? '<=' : '>='} ${at}`)
    .join(', ')
  return { row: { ...row, bar }, missed }
}

export const rounded = (value: number): number => Math.round(value * 1e4) / 1e4
