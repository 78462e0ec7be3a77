import { JsonRpcProvider, Wallet } from 'ethers'
import type { Outbox, Post } from '../domain'
import { AttributionOracleError } from '../errors'
import { oracleAt, type Addresses } from './contracts'
import { called } from './reverts'
import { Sender, type SendOptions, type Sent } from './sender'

/** Posts and finalizes roots. Every transaction is simulated, and the chain is read again right before it is sent. */
export class Poster {
  private readonly oracle: ReturnType<typeof oracleAt>
  private readonly sender: Sender

  constructor(
    provider: JsonRpcProvider,
    key: string,
    addresses: Addresses,
    outbox: Outbox,
    options: SendOptions = {},
  ) {
    const wallet = new Wallet(key, provider)
    this.oracle = oracleAt(addresses, wallet)
    this.sender = new Sender(provider, wallet, outbox, options)
  }

  get address(): string {
    return this.sender.address
  }

  /**
   * Posts a root once, however often it is called.
   * @throws STALE_ACTION when somebody else's post is pending or the epoch is not the next one, CALL_REVERTED
   */
  async post(post: Post): Promise<Sent> {
    return this.sender.send({
      epoch: post.epoch,
      action: 'post',
      request: async () => {
        await this.expectNext(post)
        await called('AttributionOracle.post', this.oracle.interface, this.oracle.post.staticCall(post))
        return this.oracle.post.populateTransaction(post)
      },
    })
  }

  /** Makes a post final after its deadline. @throws CALL_REVERTED when it is too early or not pending */
  async finalize(post: Post): Promise<Sent> {
    return this.sender.send({
      epoch: post.epoch,
      action: 'finalize',
      request: async () => {
        await called(
          'AttributionOracle.finalize',
          this.oracle.interface,
          this.oracle.finalize.staticCall(post),
        )
        return this.oracle.finalize.populateTransaction(post)
      },
    })
  }

  private async expectNext(post: Post): Promise<void> {
    const [pending, finalEpoch] = await called(
      'AttributionOracle.pending',
      this.oracle.interface,
      Promise.all([this.oracle.pending(), this.oracle.finalEpoch()]),
    )
    const action = `post epoch ${post.epoch}`
    if (pending.deadline !== 0n)
      throw stale(action, `a post by ${pending.poster} is pending`, 'no pending post')
    if (finalEpoch + 1n !== BigInt(post.epoch))
      throw stale(action, `epoch ${finalEpoch} is final`, `epoch ${post.epoch - 1}`)
  }
}

function stale(action: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'STALE_ACTION',
    {
      what: `The chain has moved: it is not the time to ${action}`,
      got,
      expected,
      fix: 'read the chain again',
    },
    { action, got, expected },
  )
}
