import type { Log, LogDescription, Result } from 'ethers'
import {
  POLICIES,
  type ChainHistory,
  type Digest,
  type Opening,
  type PostRecord,
  type PostStatus,
  type Range,
} from '../domain'
import { INTERFACES, type Addresses } from './contracts'
import { decodePost } from './postCodec'

/** What each event adds to the history. An event that is not here is not read. */
const HANDLERS: Record<string, (history: Building, event: LogDescription, log: Log) => void> = {
  ContributorRegistered: ({ contributors }, { args }) =>
    contributors.push({ index: Number(args.contributorIndex), account: args.account }),

  BatchCommitted: ({ batches }, { args }) =>
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

  DatanetCreated: ({ register }, { args }) =>
    register.datanets.push({ datanetId: Number(args.datanetId), policy: POLICIES[Number(args.policy)]! }),

  TermsSet: ({ register }, { args }) =>
    register.terms.push({
      datanetId: Number(args.datanetId),
      version: Number(args.version),
      stakePerItem: args.stakePerItem,
      purposes: Number(args.purposes),
      license: args.license,
    }),

  ParentsSet: ({ register }, { args }) =>
    register.parents.push({
      datanetId: Number(args.datanetId),
      parents: [...(args.ids as Result)].map((id, i) => ({
        datanetId: Number(id),
        bps: Number((args.bps as Result)[i]),
      })),
    }),

  BatchDecided: ({ register }, { args }) =>
    register.decisions.push({
      datanetId: Number(args.datanetId),
      batchId: args.batchId,
      accepted: args.accepted,
    }),

  ContributionsWithdrawn: ({ register }, { args }) => register.withdrawals.push(rangeOf(args)),

  ContributionsRelicensed: ({ register }, { args }) =>
    register.licenses.push({ ...rangeOf(args), license: args.license }),

  ContributionsSucceeded: ({ register }, { args }) =>
    register.successions.push({ ...rangeOf(args), successorId: args.firstSuccessorId }),

  ModelRegistered: ({ models }, { args }) =>
    models.push({
      modelId: Number(args.modelId),
      datanetId: Number(args.datanetId),
      baseModelId: Number(args.baseModelId),
      artifactDigest: args.artifactDigest,
      manifestDigest: args.manifestDigest,
    }),

  VoucherRedeemed: ({ redemptions }, { args }, { blockNumber }) =>
    redemptions.push({
      payer: args.payer,
      modelId: Number(args.modelId),
      amount: args.amount,
      cumulative: args.cumulative,
      receiptsDigest: args.receiptsDigest,
      blockNumber,
    }),

  PoolFunded: ({ funded }, { args }) => void funded.set(args.poolId, args.poolTotal),

  EpochOpened: ({ openings }, { args }, { blockNumber }) =>
    void openings.set(Number(args.epoch), { configDigest: args.configDigest as Digest, blockNumber }),

  RootPosted: ({ posts }, { args }) =>
    posts.push({
      post: decodePost(args.post),
      poster: args.poster,
      signers: Number(args.signers),
      deadline: Number(args.deadline),
      status: 'pending',
    }),

  RootFinalized: (history, { args }, { blockNumber }) =>
    decide(history, Number(args.epoch), 'final', blockNumber),
  RootRejected: (history, { args }, { blockNumber }) =>
    decide(history, Number(args.epoch), 'rejected', blockNumber),
  RootCancelled: (history, { args }, { blockNumber }) =>
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

/** The filter that gives every log that `historyOf` reads, and few others. */
export function historyFilter(addresses: Addresses): { address: string[]; topics: string[][] } {
  const sources = Object.entries(INTERFACES) as [
    keyof typeof INTERFACES,
    (typeof INTERFACES)['rewardEscrow'],
  ][]
  const topics = sources.flatMap(([, abi]) =>
    Object.keys(HANDLERS).flatMap(name =>
      abi.hasEvent(name) ? [abi.getEvent(name as 'PoolFunded').topicHash] : [],
    ),
  )
  return { address: sources.map(([name]) => addresses[name]), topics: [topics] }
}

/** Folds logs, in the order of the chain, into what they say. */
export function historyOf(addresses: Addresses, logs: readonly Log[]): ChainHistory {
  const history: Building = {
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
  const abis = new Map(
    Object.entries(INTERFACES).map(([name, abi]) => [addresses[name as keyof Addresses].toLowerCase(), abi]),
  )
  for (const log of logs) {
    const event = abis.get(log.address.toLowerCase())?.parseLog(log)
    if (event) HANDLERS[event.name]?.(history, event, log)
  }
  return history
}

function rangeOf({ contributorIndex, firstContributionId, count }: Result): Range {
  return { contributorIndex: Number(contributorIndex), firstContributionId, count: Number(count) }
}

/** There is at most one pending post on chain, so the event is about the last one of its epoch. */
function decide({ posts }: Building, epoch: number, status: PostStatus, blockNumber: number): void {
  const post = posts.findLast(record => record.post.epoch === epoch && record.status === 'pending')
  if (post) Object.assign(post, { status, decidedAt: blockNumber })
}
