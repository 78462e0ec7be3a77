/** Why contributions are not in a snapshot, by the chain alone. */
export type Absence = 'WITHDRAWN' | 'SUPERSEDED' | 'UNDECIDED' | 'REFUSED' | 'ID_TOO_LARGE'

/** Contribution ids from `from` up to `to`, `to` left out. */
export interface Span {
  from: number
  to: number
}

/** Neighbouring contributions of a batch of which the chain says the same. */
export interface Run extends Span {
  absence: Absence | undefined
}

/** What was said of contributions up to a block, spans ascending by where they begin. */
export interface Sayings {
  withdrawn: readonly Span[]
  superseded: readonly Span[]
}

/**
 * Cuts a batch into runs: a batch may promise millions of items and publish none, so nothing here counts them one by one.
 * @param rest what holds of the items that nobody took back
 */
export function runsOf(batch: Span, { withdrawn, superseded }: Sayings, rest: Absence | undefined): Run[] {
  return cut(batch, withdrawn).flatMap(({ inside, ...span }) =>
    inside
      ? [{ ...span, absence: 'WITHDRAWN' as const }]
      : cut(span, superseded).map(part => ({
          from: part.from,
          to: part.to,
          absence: part.inside ? ('SUPERSEDED' as const) : rest,
        })),
  )
}

function cut({ from, to }: Span, others: readonly Span[]): (Span & { inside: boolean })[] {
  const parts: (Span & { inside: boolean })[] = []
  let at = from
  for (const other of others) {
    const [begin, end] = [Math.max(other.from, at), Math.min(other.to, to)]
    if (begin >= end) continue
    if (begin > at) parts.push({ from: at, to: begin, inside: false })
    parts.push({ from: begin, to: end, inside: true })
    at = end
  }
  if (at < to) parts.push({ from: at, to, inside: false })
  return parts
}
