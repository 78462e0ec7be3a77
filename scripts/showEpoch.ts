import { ZeroHash } from 'ethers'

import type { AttributionOracle } from '../typechain-types'
import type { RootPostedEvent } from '../typechain-types/contracts/oracle/AttributionOracle'
import { ProtocolError } from './errors'

/** unopened -> open -> pending (a root is posted, its window runs) -> final; `finalizable`: the window has passed. */
export type EpochState = 'unopened' | 'open' | 'pending' | 'finalizable' | 'final'

export interface EpochView {
  readonly epoch: number
  readonly state: EpochState
  /** Digest of the frozen configuration; null before the epoch is opened. */
  readonly configDigest: string | null
  /** The root that is pending or final; null before. */
  readonly post: {
    readonly poster: string
    /** Who signed: bit i is operator i of the epoch's set. */
    readonly signers: number
    readonly ledgerRoot: string
    readonly ledgerCount: number
    /** Cumulative over all epochs, in wei. */
    readonly total: bigint
    readonly dataDigest: string
    readonly blockNumber: number
    /** Unix seconds. */
    readonly deadline: number
  } | null
  /** Seconds of chain time until it can be made final; null unless a root is pending. */
  readonly secondsLeft: number | null
  /** The lies that were struck down in this epoch, oldest first. */
  readonly rejections: readonly {
    /** Bit i is operator i of the epoch's set. */
    readonly signers: number
    readonly challenger: string
    readonly reason: number
  }[]
  /** The last final epoch, 0 when there is none, and the total of its ledger in wei. */
  readonly finalEpoch: number
  readonly finalTotal: bigint
}

/**
 * Where an epoch stands, read from the chain alone.
 * @param fromBlock where the deployment lies: no log before it is asked for.
 * @throws ProtocolError ARGUMENT_INVALID for an epoch that cannot exist.
 */
export async function showEpoch(
  oracle: AttributionOracle,
  epoch: number,
  { fromBlock = 0 }: { fromBlock?: number } = {},
): Promise<EpochView> {
  if (!Number.isInteger(epoch) || epoch < 1 || epoch >= 2 ** 32) {
    const expected = 'a whole number from 1 to 4294967295'
    throw new ProtocolError('ARGUMENT_INVALID', { name: 'epoch', got: String(epoch), expected })
  }
  const [finalEpoch, finalTotal, pending, now, config, posted, rejected] = await Promise.all([
    oracle.finalEpoch().then(Number),
    oracle.finalTotal(),
    oracle.pending(),
    chainTime(oracle),
    oracle.configOf(epoch),
    oracle.queryFilter(oracle.filters.RootPosted(epoch), fromBlock),
    oracle.queryFilter(oracle.filters.RootRejected(epoch), fromBlock),
  ])
  const isFinal = epoch <= finalEpoch
  const isPending = epoch === finalEpoch + 1 && BigInt(pending.pendingHash) !== 0n
  const last = posted.at(-1)?.args
  const secondsLeft = isPending ? Math.max(0, Number(pending.deadline) - now) : null
  const configDigest = config === ZeroHash ? null : config
  const unposted = configDigest === null ? 'unopened' : 'open'
  return {
    epoch,
    state: isFinal ? 'final' : secondsLeft === null ? unposted : secondsLeft > 0 ? 'pending' : 'finalizable',
    configDigest,
    post: last && (isFinal || isPending) ? viewOf(last) : null,
    secondsLeft,
    rejections: rejected.map(({ args }) => {
      return { signers: Number(args.signers), challenger: args.challenger, reason: Number(args.reason) }
    }),
    finalEpoch,
    finalTotal,
  }
}

function viewOf({ poster, post, signers, deadline }: RootPostedEvent.OutputObject): EpochView['post'] {
  return {
    poster,
    signers: Number(signers),
    ledgerRoot: post.ledgerRoot,
    ledgerCount: Number(post.ledgerCount),
    total: post.total,
    dataDigest: post.dataDigest,
    blockNumber: Number(post.blockNumber),
    deadline: Number(deadline),
  }
}

async function chainTime(oracle: AttributionOracle): Promise<number> {
  const block = await oracle.runner?.provider?.getBlock('latest')
  if (!block) {
    const data = {
      name: 'oracle',
      got: 'a contract without a chain',
      expected: 'one connected to a provider',
    }
    throw new ProtocolError('ARGUMENT_INVALID', data)
  }
  return block.timestamp
}
