import { readEpochParts } from '../../content'
import type { ContentStore, ContributionDecision, ContributionPart, Post, Row } from '../../domain'
import { leafAmount } from '../../settlement'
import { notReady } from './servedEpochs'

/** Epochs are read one at a time, each wholly into memory, and no more than so many wait. */
const MOST_WAITING = 8

const TABLES = ['screening', 'scores', 'settlement', 'manifest'] as const

/** The decisions of one epoch, ascending by id. */
export interface EpochDecisions {
  rows: readonly Row<'screening'>[]
  partsOf(id: bigint): readonly ContributionPart[]
}

/**
 * The tables that say why contributions were paid, of the few epochs that were asked for last. An epoch that cannot be
 * read is tried again when it is asked for again.
 */
export class Decisions {
  private readonly kept = new Map<string, Promise<EpochDecisions>>()
  private last: Promise<unknown> = Promise.resolve()
  private waiting = 0

  constructor(
    private readonly content: ContentStore,
    private readonly most: number,
  ) {}

  /** @throws CONTENT_MISSING, INVALID_DOCUMENT, NOT_READY while too many other epochs are being read */
  of(post: Post): Promise<EpochDecisions> {
    const key = post.dataDigest
    const known = this.kept.get(key) ?? this.read(post)
    this.kept.delete(key)
    this.kept.set(key, known)
    known.catch(() => this.kept.delete(key))
    const [oldest] = this.kept.keys()
    if (this.kept.size > this.most && oldest !== undefined) this.kept.delete(oldest)
    return known
  }

  private read(post: Post): Promise<EpochDecisions> {
    if (this.waiting >= MOST_WAITING) throw notReady('Another epoch', `${this.waiting} wait already`)
    this.waiting++
    const reading = this.last.then(() => readDecisions(this.content, post))
    this.last = reading.catch(() => undefined).finally(() => this.waiting--)
    return reading
  }
}

/** The row that a contribution is in. */
export function rowOf(rows: readonly Row<'screening'>[], id: bigint): Row<'screening'> | undefined {
  const row = rows[firstFrom(rows, id + 1n) - 1]
  return row && id < row.id + BigInt(row.count) ? row : undefined
}

/** The place of the first row whose id is at least `id`. */
export function firstFrom(rows: readonly Row<'screening'>[], id: bigint): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]!.id < id) low = middle + 1
    else high = middle
  }
  return low
}

export function decisionOf(
  { epoch }: Pick<Post, 'epoch'>,
  row: Row<'screening'>,
  account: string,
  pools: readonly ContributionPart[],
): ContributionDecision {
  const amount = pools.reduce((sum, pool) => sum + pool.amount, 0n)
  return { epoch, ...row, account, amount, pools }
}

async function readDecisions(content: ContentStore, post: Post): Promise<EpochDecisions> {
  const { tables, faults } = await readEpochParts(content, post.dataDigest, post, TABLES)
  const missing = faults.find(({ part }) => ['data', ...TABLES].includes(part))
  if (missing) throw missing.fault
  const { screening = [], scores = [], settlement = [], manifest = [] } = tables
  const pools = new Map(manifest.map(pool => [pool.poolId, pool]))
  const parts = new Map<bigint, Map<bigint, ContributionPart>>()
  const partOf = (id: bigint, poolId: bigint): ContributionPart => {
    const own = parts.get(id) ?? new Map<bigint, ContributionPart>()
    parts.set(id, own)
    const part = own.get(poolId) ?? { poolId, score: null, reason: undefined, weight: 0n, amount: 0n }
    own.set(poolId, part)
    return part
  }
  for (const { contributionId, poolId, score, reason } of scores)
    Object.assign(partOf(contributionId, poolId), { score, reason })
  for (const leaf of settlement) {
    const pool = pools.get(leaf.poolId)
    const amount = pool ? leafAmount(pool.amount, pool.totalWeight, leaf) : 0n
    Object.assign(partOf(leaf.contributionId, leaf.poolId), { weight: leaf.weight, amount })
  }
  return {
    rows: [...screening].sort((a, b) => (a.id < b.id ? -1 : 1)),
    partsOf: id => [...(parts.get(id)?.values() ?? [])],
  }
}
