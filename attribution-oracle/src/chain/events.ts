import type { EventFragment, Interface, Result } from 'ethers'
import {
  POLICIES,
  type ChainHistory,
  type Digest,
  type LogRecord,
  type Opening,
  type Policy,
  type PostRecord,
  type PostStatus,
  type Range,
} from '../domain'
import { AttributionOracleError } from '../errors'
import { INTERFACES, type Addresses } from './contracts'
import { decodePost } from './postCodec'

/** What each event adds to the history. An event that is not here is not read. */
const HANDLERS: Record<string, (history: Building, args: Result, log: LogRecord) => void> = {
  ContributorRegistered: ({ contributors }, args) =>
    contributors.push({ index: Number(args.contributorIndex), account: args.account }),

  BatchCommitted: ({ batches }, args) =>
    batches.push({
      datanetId: Number(args.datanetId),
      batchId: args.firstContributionId,
      contributorIndex: Number(args.firstContributionId >> 32n),
      contributor: args.contributor,
      firstContributionId: args.firstContributionId,
      itemCount: Number(args.itemCount),
      itemsRoot: args.itemsRoot,
      manifestDigest: args.manifestDigest,
    }),

  DatanetCreated: ({ register }, args) =>
    register.datanets.push({ datanetId: Number(args.datanetId), policy: policyOf(args.policy) }),

  TermsSet: ({ register }, args) =>
    register.terms.push({
      datanetId: Number(args.datanetId),
      version: Number(args.version),
      stakePerItem: args.stakePerItem,
      purposes: Number(args.purposes),
      license: args.license,
    }),

  ParentsSet: ({ register }, args) =>
    register.parents.push({
      datanetId: Number(args.datanetId),
      parents: [...(args.ids as Result)].map((id, i) => ({
        datanetId: Number(id),
        bps: Number((args.bps as Result)[i]),
      })),
    }),

  BatchDecided: ({ register }, args) =>
    register.decisions.push({
      datanetId: Number(args.datanetId),
      batchId: args.batchId,
      accepted: args.accepted,
    }),

  ContributionsWithdrawn: ({ register }, args) => register.withdrawals.push(rangeOf(args)),

  ContributionsRelicensed: ({ register }, args) =>
    register.licenses.push({ ...rangeOf(args), license: args.license }),

  ContributionsSucceeded: ({ register }, args) =>
    register.successions.push({ ...rangeOf(args), successorId: args.firstSuccessorId }),

  ModelRegistered: ({ models }, args) =>
    models.push({
      modelId: Number(args.modelId),
      datanetId: Number(args.datanetId),
      baseModelId: Number(args.baseModelId),
      artifactDigest: args.artifactDigest,
      manifestDigest: args.manifestDigest,
    }),

  VoucherRedeemed: ({ redemptions }, args, { blockNumber }) =>
    redemptions.push({
      payer: args.payer,
      modelId: Number(args.modelId),
      amount: args.amount,
      cumulative: args.cumulative,
      receiptsDigest: args.receiptsDigest,
      blockNumber,
    }),

  PoolFunded: ({ funded }, args) => void funded.set(args.poolId, args.poolTotal),

  EpochOpened: ({ openings }, args, { blockNumber }) =>
    void openings.set(Number(args.epoch), { configDigest: args.configDigest as Digest, blockNumber }),

  RootPosted: ({ posts }, args) =>
    posts.push({
      post: decodePost(args.post),
      poster: args.poster,
      signers: Number(args.signers),
      deadline: Number(args.deadline),
      status: 'pending',
    }),

  RootFinalized: (history, args, { blockNumber }) =>
    decide(history, Number(args.epoch), 'final', blockNumber),
  RootRejected: (history, args, { blockNumber }) =>
    decide(history, Number(args.epoch), 'rejected', blockNumber),
  RootCancelled: (history, args, { blockNumber }) =>
    decide(history, Number(args.epoch), 'cancelled', blockNumber),
}

interface Building extends ChainHistory {
  contributors: ChainHistory['contributors'][number][]
  batches: ChainHistory['batches'][number][]
  register: { -readonly [L in keyof ChainHistory['register']]: ChainHistory['register'][L][number][] }
  models: ChainHistory['models'][number][]
  redemptions: ChainHistory['redemptions'][number][]
  funded: Map<bigint, bigint>
  openings: Map<number, Opening>
  posts: PostRecord[]
}

/** How an event of one contract is read. */
interface Reading {
  abi: Interface
  fragment: EventFragment
  handle: (history: Building, args: Result, log: LogRecord) => void
}

/** By the event's topic, for each contract. Looked up once: an Interface hashes every signature for each look. */
const READINGS = Object.fromEntries(
  Object.entries(INTERFACES).map(([contract, abi]) => [contract, readingsOf(abi as Interface)]),
) as Record<keyof typeof INTERFACES, ReadonlyMap<string, Reading>>

function readingsOf(abi: Interface): ReadonlyMap<string, Reading> {
  const readings = Object.entries(HANDLERS).flatMap(([name, handle]) => {
    const fragment = abi.hasEvent(name) ? abi.getEvent(name) : null
    return fragment ? [[fragment.topicHash, { abi, fragment, handle }] as const] : []
  })
  return new Map(readings)
}

/** The filter that gives every event that a history is made of, and few others. */
export function historyFilter(addresses: Addresses): { address: string[]; topics: string[][] } {
  const contracts = Object.entries(READINGS) as [keyof typeof INTERFACES, ReadonlyMap<string, Reading>][]
  return {
    address: contracts.map(([contract]) => addresses[contract]),
    topics: [contracts.flatMap(([, readings]) => [...readings.keys()])],
  }
}

/** Folds events, in the order of the chain, into what they say; what it gave before stays as it was. */
export class HistoryFold {
  private readonly building: Building = {
    contributors: [],
    batches: [],
    register: {
      datanets: [],
      terms: [],
      parents: [],
      decisions: [],
      withdrawals: [],
      licenses: [],
      successions: [],
    },
    models: [],
    redemptions: [],
    funded: new Map(),
    openings: new Map(),
    posts: [],
  }
  private readonly readings: ReadonlyMap<string, ReadonlyMap<string, Reading>>
  private folded: ChainHistory | undefined

  /** @param next the block from which on nothing is folded yet */
  constructor(
    addresses: Addresses,
    public next: number,
  ) {
    const contracts = Object.entries(READINGS)
    this.readings = new Map(
      contracts.map(([name, readings]) => [addresses[name as keyof Addresses].toLowerCase(), readings]),
    )
  }

  /** @throws INVARIANT_BROKEN for an event that is not of the form that its contract gives it */
  add(logs: readonly LogRecord[]): void {
    if (logs.length > 0) this.folded = undefined
    for (const log of logs) {
      const reading = this.readings.get(log.address)?.get(log.topics[0] ?? '')
      if (!reading) continue
      const { abi, fragment, handle } = reading
      try {
        handle(this.building, abi.decodeEventLog(fragment, log.data, log.topics), log)
      } catch {
        throw unreadable(fragment.name, log)
      }
    }
  }

  /** Everything up to and including this block is folded. */
  reached(block: number): void {
    this.next = Math.max(this.next, block + 1)
  }

  history(): ChainHistory {
    const { register, funded, openings, ...lists } = this.building
    this.folded ??= {
      ...copied(lists),
      register: copied(register),
      funded: new Map(funded),
      openings: new Map(openings),
    }
    return this.folded
  }
}

function copied<T extends Readonly<Record<string, readonly unknown[]>>>(lists: T): T {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list]])) as unknown as T
}

function unreadable(event: string, { blockNumber, logIndex }: LogRecord): AttributionOracleError {
  const invariant = `log ${logIndex} of block ${blockNumber} is ${event}`
  const [got, expected] = ['fields of another form', 'those of the contract']
  return new AttributionOracleError(
    'INVARIANT_BROKEN',
    { what: `An event cannot be read: ${invariant}`, got, expected },
    { invariant, got, expected },
  )
}

/** @throws RangeError for a number that the contract's enum does not have */
function policyOf(value: bigint): Policy {
  const policy = POLICIES[Number(value)]
  if (policy === undefined) throw new RangeError(String(value))
  return policy
}

function rangeOf({ contributorIndex, firstContributionId, count }: Result): Range {
  return { contributorIndex: Number(contributorIndex), firstContributionId, count: Number(count) }
}

/** There is at most one pending post on chain, so the event is about the last one of its epoch. */
function decide({ posts }: Building, epoch: number, status: PostStatus, blockNumber: number): void {
  const place = posts.findLastIndex(record => record.post.epoch === epoch && record.status === 'pending')
  const post = posts[place]
  // a new record: histories that were given before keep theirs
  if (post) posts[place] = { ...post, status, decidedAt: blockNumber }
}
