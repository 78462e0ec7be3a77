import type { UnsupportedOperator } from '../differentiate/check/unsupported'
import { table, type Terminal } from './terminal'

/** All operators that stand in the way, as a table or one line of JSON. */
export function reportUnsupported(
  path: string,
  unsupported: readonly UnsupportedOperator[],
  json: boolean,
  { out }: Terminal,
): void {
  if (json) {
    out.write(`${JSON.stringify({ model: path, verdict: 'unsupported', unsupported })}\n`)
    return
  }
  const { length } = unsupported
  out.write(`${path}: ${length} unsupported operator${length === 1 ? '' : 's'}\n`)
  const rows = unsupported.map(({ operator, node, graph, purpose }) => [operator, node, graph, purpose])
  out.write(table([['operator', 'node', 'graph', 'missing'], ...rows]))
}
