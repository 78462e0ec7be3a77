import { readEpochParts } from '../../content'
import type { ContentStore, ContributionDecision, ContributionPart, Post, Row } from '../../domain'
import { leafAmount } from '../../settlement'
import { notReady } from './servedEpochs'

/** What an epoch decided; its ledger has the name of the account. */
export type Decided = Omit<ContributionDecision, 'account'>

export interface DecisionQuery {
  post: Post
  /** index of the contributor; undefined for all */
  owner: number | undefined
  /** the id that was seen last; undefined from the start */
  after: bigint | undefined
  limit: number
}

/** Epochs are read one at a time, each wholly into memory, and no more than so many wait. */
const MOST_WAITING = 8

const TABLES = ['screening', 'scores', 'settlement', 'manifest'] as const

/** Whose tables stay in memory. */
const KEPT_EPOCHS = 2

/** The decisions of one epoch, ascending by id. */
interface EpochDecisions {
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

  constructor(private readonly content: ContentStore) {}

  /**
   * The decision that a contribution is in, undefined where the epoch knows none.
   * @throws CONTENT_MISSING, INVALID_DOCUMENT, NOT_READY while too many other epochs are being read
   */
  async one(post: Post, id: bigint): Promise<Decided | undefined> {
    const { rows, partsOf } = await this.of(post)
    const row = rows[firstFrom(rows, id + 1n) - 1]
    return row && id < row.id + BigInt(row.count) ? decisionOf(post, row, partsOf(row.id)) : undefined
  }

  /** Some of them, ascending by id. @throws as `one` */
  async page({ post, owner, after, limit }: DecisionQuery): Promise<Decided[]> {
    const { rows, partsOf } = await this.of(post)
    const found: Decided[] = []
    for (let i = after === undefined ? 0 : firstFrom(rows, after + 1n); i < rows.length; i++) {
      if (found.length === limit) break
      const row = rows[i]!
      if (owner === undefined || row.contributorIndex === owner)
        found.push(decisionOf(post, row, partsOf(row.id)))
    }
    return found
  }

  private of(post: Post): Promise<EpochDecisions> {
    const key = post.dataDigest
    const known = this.kept.get(key) ?? this.read(post)
    this.kept.delete(key)
    this.kept.set(key, known)
    known.catch(() => this.kept.delete(key))
    const [oldest] = this.kept.keys()
    if (this.kept.size > KEPT_EPOCHS && oldest !== undefined) this.kept.delete(oldest)
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

/** The place of the first row whose id is at least `id`. */
function firstFrom(rows: readonly Row<'screening'>[], id: bigint): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]!.id < id) low = middle + 1
    else high = middle
  }
  return low
}

function decisionOf({ epoch }: Post, row: Row<'screening'>, pools: readonly ContributionPart[]): Decided {
  const amount = pools.reduce((sum, pool) => sum + pool.amount, 0n)
  return { epoch, ...row, amount, pools }
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
