/** One printed table. Numbers stay numbers in the JSON form; a row without a column's cell leaves it empty. */
export interface Table {
  readonly title: string
  readonly rows: readonly Row[]
  readonly notes?: readonly string[]
  /** Bars that were missed, in words: the command then fails. */
  readonly missed?: readonly string[]
}

export type Row = Readonly<Record<string, string | number>>

const GAP = '  '

/** Plain text: columns in the order of their first appearance, numbers right-aligned, notes below. */
export function formatTable({ title, rows, notes = [], missed = [] }: Table): string {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const lines = [columns, ...rows.map(row => columns.map(column => formatCell(row[column])))]
  const widths = columns.map((_, i) => Math.max(...lines.map(line => line[i]!.length)))
  const numeric = columns.map(column =>
    rows.every(row => row[column] === undefined || typeof row[column] === 'number'),
  )
  const text = lines.map(line =>
    line
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join(GAP)
      .trimEnd(),
  )
  return [
    title,
    ...text.map(line => GAP + line),
    ...notes.map(note => `${GAP}${note}`),
    ...missed.map(bar => `${GAP}MISSED ${bar}`),
  ].join('\n')
}

/** Whole numbers in full, others with three significant digits. */
export function formatCell(cell: string | number | undefined): string {
  if (cell === undefined) return ''
  if (typeof cell === 'string') return cell
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(cell) || 1)))
  return cell.toLocaleString('en-US', { maximumFractionDigits: Number.isInteger(cell) ? 0 : digits })
}
