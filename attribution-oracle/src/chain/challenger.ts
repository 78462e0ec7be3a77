import { Interface, type ContractTransaction, type JsonRpcProvider } from 'ethers'
import {
  POSTED_TREES,
  type Challenge,
  type DemandedPage,
  type OracleSigner,
  type Outbox,
  type PageAnswer,
  type PageDemand,
  type Post,
  type ProvenManifestLeaf,
} from '../domain'
import { isFault } from '../errors'
import type { IPageDemands } from '../../../typechain-types/contracts/interfaces/IPageDemands'
import {
  FraudProofs__factory,
  PageDemands__factory,
  SettlementProofs__factory,
  AttributionOracle__factory,
} from '../../../typechain-types'
import { challengeCall } from './challengeCalls'
import { oracleAt, pageDemandsAt, type Addresses } from './contracts'
import { pendingHash } from './postCodec'
import { called } from './reverts'
import { ethersChain, Sender, type SendOptions, type Sent } from './sending'

const NO_POOL: ProvenManifestLeaf = {
  position: 0,
  poolId: 0n,
  settlementRoot: `0x${'00'.repeat(24)}`,
  leafCount: 0,
  totalWeight: 0n,
  amount: 0n,
  cumulative: 0n,
  prefix: 0n,
  proof: '0x',
}

/** Whatever a challenge can revert with: its own errors, the Merkle library's and the oracle's. */
const ERRORS = new Interface(
  [FraudProofs__factory, SettlementProofs__factory, PageDemands__factory, AttributionOracle__factory].flatMap(
    ({ abi }) => abi.filter(({ type }) => type === 'error'),
  ),
)

/**
 * Strikes down a pending post with evidence, and demands what was not published. Simulated first: a challenge that
 * proves nothing is never sent. `signers` is always as in the RootPosted of the post.
 */
export class Challenger {
  private readonly pages: ReturnType<typeof pageDemandsAt>
  private readonly oracle: ReturnType<typeof oracleAt>
  private readonly sender: Sender

  constructor(
    private readonly provider: JsonRpcProvider,
    signer: OracleSigner,
    private readonly addresses: Addresses,
    outbox: Outbox,
    options: SendOptions = {},
  ) {
    this.pages = pageDemandsAt(addresses, provider)
    this.oracle = oracleAt(addresses, provider)
    this.sender = new Sender(ethersChain(provider), signer, outbox, options)
  }

  /**
   * Sends a challenge once for every time that the post is made: a rejected post may be posted again, word for word.
   * @throws CALL_REVERTED with PostedTrees_NothingWrong when the post is honest after all
   */
  async challenge(post: Post, signers: number, challenge: Challenge): Promise<Sent> {
    return this.send(post, signers, challenge.kind, () => {
      const { contract, data } = challengeCall(post, signers, challenge)
      return Promise.resolve({ to: this.addresses[contract], data })
    })
  }

  /**
   * Demands a page of a tree that was not published.
   * @throws CALL_REVERTED with PageDemands_TooLate, or with PageDemands_AlreadyDemanded
   */
  async demand(post: Post, signers: number, { tree, number, pool }: PageDemand): Promise<Sent> {
    const action = `demand ${pool ? `${pool.poolId} ` : ''}${tree} ${number}`
    return this.send(post, signers, action, () =>
      this.pages.demand.populateTransaction(
        post,
        signers,
        POSTED_TREES.indexOf(tree),
        number,
        pool ?? NO_POOL,
      ),
    )
  }

  /** Shows a demanded page. @throws CALL_REVERTED when it is not the page, not demanded or too late */
  async reveal(post: Post, signers: number, page: DemandedPage, answer: PageAnswer): Promise<Sent> {
    return this.send(post, signers, `reveal ${nameOf(page)}`, () =>
      this.pages.reveal.populateTransaction(encoded(page), answer.leaves, answer.proof),
    )
  }

  /** Strikes down a post because a page was not shown. @throws CALL_REVERTED with PageDemands_TooEarly */
  async rejectUnrevealed(post: Post, signers: number, page: DemandedPage): Promise<Sent> {
    return this.send(post, signers, `unrevealed ${nameOf(page)}`, () =>
      this.pages.rejectUnrevealed.populateTransaction(post, signers, encoded(page)),
    )
  }

  private async send(
    post: Post,
    signers: number,
    action: string,
    build: () => Promise<ContractTransaction>,
  ): Promise<Sent> {
    const posted = pendingHash(post, signers)
    const simulate = async (): Promise<ContractTransaction> => {
      const transaction = await build()
      const call = this.provider.call({ ...transaction, from: this.sender.address })
      await called(`Challenger, ${action}`, ERRORS, call)
      return transaction
    }
    return this.sender.send({
      epoch: post.epoch,
      action: `challenge ${action} of ${posted}`,
      undone: async () => (await this.pendingHash()) === posted && (await succeeds(simulate)),
      request: simulate,
    })
  }

  private async pendingHash(): Promise<string> {
    const { oracle } = this
    return (await called('AttributionOracle.pending', oracle.interface, oracle.pending())).pendingHash
  }
}

/** As the contract takes it. */
function encoded({ tree, ...page }: DemandedPage): IPageDemands.PageStruct {
  return { tree: POSTED_TREES.indexOf(tree), ...page }
}

function nameOf({ tree, poolId, number }: DemandedPage): string {
  return tree === 'settlement' ? `${poolId} ${tree} ${number}` : `${tree} ${number}`
}

async function succeeds(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call()
    return true
  } catch (error) {
    if (!isFault(error, 'CALL_REVERTED')) throw error
    return false
  }
}
