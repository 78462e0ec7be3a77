import { recoverAddress, Signature, toQuantity } from 'ethers'
import { PageDemands__factory } from '../../../typechain-types'
import {
  POSTED_TREES,
  type Attestation,
  type DemandedPage,
  type Digest,
  type Operators,
  type Post,
  type Root,
} from '../domain'
import { readRange } from './adaptiveRange'
import { operatorSetAt, oracleAt, pageDemandsAt, type Addresses } from './contracts'
import { pendingHash } from './postCodec'
import { called } from './reverts'
import type { RpcPool } from './rpcPool'
import { asked } from './rpcFault'

/** Where the oracle contract stands in the newest block, which may yet be replaced. */
export interface OracleNow {
  finalEpoch: number
  /** counts the posts that were dropped: a signature is for one of them */
  attempt: number
  /** of the pending post and its signers; undefined where nothing is pending */
  pending: { hash: string; deadline: number } | undefined
  openDemands: number
  /** seconds from a post to its deadline */
  challengeWindow: number
  /** unix seconds of the newest block */
  time: number
}

const PAGES = PageDemands__factory.createInterface()
const REVEALED = 2n ** 64n - 1n

/**
 * Reads the newest block. Nothing that it says is kept or computed with: it only tells whether it is worth sending
 * something now.
 */
export class OracleReader {
  private readonly oracle: ReturnType<typeof oracleAt>
  private readonly operators: ReturnType<typeof operatorSetAt>
  private readonly pages: ReturnType<typeof pageDemandsAt>

  constructor(
    private readonly pool: RpcPool,
    private readonly addresses: Addresses,
  ) {
    this.oracle = oracleAt(addresses, pool)
    this.operators = operatorSetAt(addresses, pool)
    this.pages = pageDemandsAt(addresses, pool)
  }

  /** @throws RPC_FAILED */
  async now(): Promise<OracleNow> {
    const { oracle } = this
    const block = await asked('eth_getBlockByNumber', this.pool.getBlock('latest'))
    const answers = Promise.all([
      oracle.pending(),
      oracle.finalEpoch(),
      oracle.attempt(),
      oracle.openDemands(),
      oracle.challengeWindow(),
    ])
    const [pending, finalEpoch, attempt, openDemands, challengeWindow] = await called(
      'AttributionOracle.pending',
      oracle.interface,
      answers,
    )
    const deadline = Number(pending.deadline)
    return {
      finalEpoch: Number(finalEpoch),
      attempt: Number(attempt),
      pending: deadline === 0 ? undefined : { hash: pending.pendingHash, deadline },
      openDemands: Number(openDemands),
      challengeWindow: Number(challengeWindow),
      time: block?.timestamp ?? 0,
    }
  }

  async operatorsOf(epoch: number): Promise<Operators> {
    const { operators } = this
    const answer = operators.membersOf(epoch)
    const [members, faults] = await called('OperatorSet.membersOf', operators.interface, answer)
    return { members: [...members], faults: Number(faults) }
  }

  /** What an operator would have to sign now to speak for a post. */
  async digestOf(post: Post): Promise<Digest> {
    const { oracle } = this
    const answer = oracle.attestationDigest(post)
    return (await called('AttributionOracle.attestationDigest', oracle.interface, answer)) as Digest
  }

  /** Until when a page of the pending post has to be shown; undefined where nobody waits for it. */
  async answerBy(page: DemandedPage): Promise<number | undefined> {
    const encoded = { ...page, tree: POSTED_TREES.indexOf(page.tree) }
    const until = await called('PageDemands.answerBy', this.pages.interface, this.pages.answerBy(encoded))
    return until === 0n || until === REVEALED ? undefined : Number(until)
  }

  /** The pages of a pending post that somebody demanded and nobody has shown. */
  async openDemands(post: Post, signers: number, signal?: AbortSignal): Promise<DemandedPage[]> {
    const filter = {
      address: this.addresses.pageDemands,
      topics: PAGES.encodeFilterTopics('PageDemanded', [post.epoch, pendingHash(post, signers)]),
    }
    const latest = await asked('eth_blockNumber', this.pool.getBlockNumber())
    const open: DemandedPage[] = []
    const pieces = readRange(Number(post.blockNumber), latest, this.logsOf(filter), { signal })
    for await (const { items } of pieces) {
      for (const log of items) {
        const { args } = PAGES.parseLog(log)!
        const { tree, poolId, root, leafCount, number } = args.page as PageArgs
        const page = { tree: POSTED_TREES[Number(tree)]!, poolId, root, leafCount, number }
        if ((await this.answerBy(page)) !== undefined) open.push(page)
      }
    }
    return open
  }

  private logsOf(
    filter: object,
  ): (from: number, to: number) => Promise<{ topics: string[]; data: string }[]> {
    return async (from, to) => {
      const range = { ...filter, fromBlock: toQuantity(from), toBlock: toQuantity(to) }
      const [given] = await this.pool.gather(1, endpoint => endpoint.request('eth_getLogs', [range]))
      return given!.answer as { topics: string[]; data: string }[]
    }
  }
}

interface PageArgs {
  tree: bigint
  poolId: bigint
  root: Root
  leafCount: bigint
  number: bigint
}

/** Whether an attestation was signed by whom it names. */
export function isSigned({ operator, digest, signature }: Attestation): boolean {
  try {
    return recoverAddress(digest, Signature.from(signature)) === operator
  } catch {
    return false
  }
}
