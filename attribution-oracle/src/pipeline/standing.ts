import type { Batch, EpochInputs, Range, ReasonCode } from '../domain'

/** Why contributions do not take part in an epoch, whatever their content is. */
export type Absence = Extract<ReasonCode, 'WITHDRAWN' | 'SUPERSEDED' | 'UNDECIDED' | 'REFUSED'>

/** Neighbouring contributions of one batch of which the chain says the same; `absence` is undefined when they take part. */
export interface Run {
  first: bigint
  count: number
  absence: Absence | undefined
}

/** Cuts a batch into runs, from the chain alone: a batch may promise four billion items and publish none. */
export type Standing = (batch: Batch) => Run[]

interface Span {
  from: bigint
  /** the first id behind it */
  to: bigint
}

/**
 * Reads withdrawals, successions and the decisions of curated Datanets. A contributor speaks for its own contributions
 * only: a range may name others, which stay. What left is gone from the epoch as if it had never been committed.
 */
export function standingOf({ register }: Pick<EpochInputs, 'register'>): Standing {
  const curated = new Set(
    register.datanets.filter(({ policy }) => policy === 'curated').map(({ datanetId }) => datanetId),
  )
  // the contract does not know whether a batch is in the Datanet whose owner decides of it
  const decisions = new Map(
    register.decisions.map(({ datanetId, batchId, accepted }) => [`${datanetId}/${batchId}`, accepted]),
  )
  const withdrawn = spansByContributor(register.withdrawals)
  const superseded = spansByContributor(register.successions)
  const decided = ({ datanetId, batchId }: Batch): Absence | undefined => {
    const decision = decisions.get(`${datanetId}/${batchId}`)
    if (!curated.has(datanetId) || decision === true) return undefined
    return decision === false ? 'REFUSED' : 'UNDECIDED'
  }
  return batch => {
    const gone = withdrawn.get(batch.contributorIndex) ?? []
    const replaced = superseded.get(batch.contributorIndex) ?? []
    const { firstContributionId: from, itemCount } = batch
    const rest = decided(batch)
    return cut({ from, to: from + BigInt(itemCount) }, gone).flatMap(({ inside, ...span }) =>
      inside
        ? [runOf(span, 'WITHDRAWN')]
        : cut(span, replaced).map(part => runOf(part, part.inside ? 'SUPERSEDED' : rest)),
    )
  }
}

function runOf({ from, to }: Span, absence: Absence | undefined): Run {
  return { first: from, count: Number(to - from), absence }
}

/** The spans of each contributor, ascending and apart, however many events said them. */
function spansByContributor(ranges: readonly Range[]): Map<number, Span[]> {
  const grouped = new Map<number, Span[]>()
  const ascending = [...ranges].sort((a, b) => (a.firstContributionId < b.firstContributionId ? -1 : 1))
  for (const { contributorIndex, firstContributionId: from, count } of ascending) {
    const to = from + BigInt(count)
    const spans = grouped.get(contributorIndex) ?? []
    grouped.set(contributorIndex, spans)
    const last = spans.at(-1)
    if (!last || last.to < from) spans.push({ from, to })
    else if (last.to < to) last.to = to
  }
  return grouped
}

/** Cuts a span where others begin and end. */
function cut({ from, to }: Span, others: readonly Span[]): (Span & { inside: boolean })[] {
  const parts: (Span & { inside: boolean })[] = []
  let at = from
  for (let i = firstBehind(others, from); i < others.length && others[i]!.from < to; i++) {
    const begin = others[i]!.from > at ? others[i]!.from : at
    const end = others[i]!.to < to ? others[i]!.to : to
    if (begin > at) parts.push({ from: at, to: begin, inside: false })
    parts.push({ from: begin, to: end, inside: true })
    at = end
  }
  if (at < to) parts.push({ from: at, to, inside: false })
  return parts
}

/** The position of the first span that ends behind an id. */
function firstBehind(spans: readonly Span[], id: bigint): number {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (spans[middle]!.to > id) high = middle
    else low = middle + 1
  }
  return low
}
