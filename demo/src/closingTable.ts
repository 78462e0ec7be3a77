import Table from 'cli-table3'
import { formatUnits } from 'ethers'
import type { Report } from './report'

/** The closing table as text; it fits a terminal of 120 columns. */
export function closingTable({ rows, totals }: Report): string {
  const table = new Table({
    head: ['contributor', 'paid/files', 'value', 'usage', 'OPEN earned', 'claimed', 'gas', 'why'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    colWidths: [17, 12, 9, 9, 13, 13, 9, 34],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  })
  for (const row of rows) {
    table.push([
      row.name,
      `${row.paidFiles}/${row.files}`,
      percent(row.valueShare),
      percent(row.usageShare),
      open(row.earned),
      open(row.claimed),
      row.gas === '0' ? '-' : row.gas,
      row.reason,
    ])
  }
  table.push(['total', '', '', '', open(totals.earned), open(totals.claimed), '', `${totals.earned} wei`])
  return table.toString()
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
const open = (wei: string): string =>
  Number(formatUnits(wei, 18)).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
