export interface Stream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** Where a command writes: results to `out`, progress and faults to `err`. */
export interface Terminal {
  readonly out: Stream
  readonly err: Stream
}

/** One line that is written over, on a terminal only. */
export function progressLine({ err }: Terminal, what: string): (done: number, of: number) => void {
  if (!err.isTTY) return () => undefined
  return (done, of) => err.write(`\r${what} ${done}/${of}${done >= of ? '\n' : ''}`)
}

/** Columns padded to their widest entry; the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return rows.map(row => `${line(row).trimEnd()}\n`).join('')
}
