import type { JsonRpcProvider } from 'ethers'
import type { Attestation, Operators, OracleSigner, Outbox, OutboxEntry, Post } from '../domain'
import { AttributionOracleError, isFault } from '../errors'
import { operatorSetAt, ORACLE_ERRORS, oracleAt, type Addresses } from './contracts'
import { assembleQuorum } from './quorum'
import { hashPost, pendingHash } from './postCodec'
import { called } from './reverts'
import { ethersChain, Sender, type SendOptions, type Sent } from './sending'

/** Posts and finalizes roots. Every transaction is simulated, and the chain is read again right before it is sent. */
export class Poster {
  private readonly oracle: ReturnType<typeof oracleAt>
  private readonly operators: ReturnType<typeof operatorSetAt>
  private readonly sender: Sender

  constructor(
    provider: JsonRpcProvider,
    signer: OracleSigner,
    addresses: Addresses,
    outbox: Outbox,
    options: SendOptions = {},
  ) {
    this.oracle = oracleAt(addresses, provider)
    this.operators = operatorSetAt(addresses, provider)
    this.sender = new Sender(ethersChain(provider), signer, outbox, options)
  }

  get address(): string {
    return this.sender.address
  }

  /** What a crash, the mempool or a foreign transaction left behind, put right; of every action of this key. */
  async reconcile(): Promise<OutboxEntry[]> {
    return this.sender.reconcile()
  }

  /** Whether this operator's word is enough to post. */
  async alone(epoch: number): Promise<boolean> {
    const { members, faults } = await this.operatorsOf(epoch)
    return faults === 0 && members.includes(this.address)
  }

  /**
   * Posts a root once, however often it is called.
   * @param attestations of other operators; none are needed where one operator posts alone
   * @throws STALE_ACTION when somebody else's post is pending or the epoch is not the next one, WRONG_STATE when too few
   * operators signed or this one's word no longer counts, INVALID_ARGUMENT for an attestation of something else, CALL_REVERTED
   */
  async post(post: Post, attestations: readonly Attestation[] = []): Promise<Sent> {
    return this.sender.send({
      epoch: post.epoch,
      action: 'post',
      subject: hashPost(post),
      // rejected or cancelled: the same root may be posted again
      undone: () => this.isNext(post),
      request: async () => {
        await this.expectNext(post)
        const { oracle, address } = this
        const digest = await called(
          'AttributionOracle.attestationDigest',
          oracle.interface,
          oracle.attestationDigest(post),
        )
        const operators = await this.operatorsOf(post.epoch)
        if (operators.members.includes(address)) await this.expectActive(post.epoch)
        const { signers, signatures } = assembleQuorum(operators, address, digest, attestations)
        const call = [post, signers, signatures] as const
        await called(
          'AttributionOracle.post',
          ORACLE_ERRORS,
          oracle.post.staticCall(...call, { from: address }),
        )
        return oracle.post.populateTransaction(...call)
      },
    })
  }

  /**
   * Makes a post final after its deadline.
   * @param signers as in its RootPosted event
   * @throws CALL_REVERTED when it is too early or not pending
   */
  async finalize(post: Post, signers: number): Promise<Sent> {
    return this.sender.send({
      epoch: post.epoch,
      action: 'finalize',
      subject: pendingHash(post, signers),
      request: async () => {
        await called(
          'AttributionOracle.finalize',
          ORACLE_ERRORS,
          this.oracle.finalize.staticCall(post, signers, { from: this.address }),
        )
        return this.oracle.finalize.populateTransaction(post, signers)
      },
    })
  }

  private async operatorsOf(epoch: number): Promise<Operators> {
    const { operators } = this
    const answer = operators.membersOf(epoch)
    const [members, faults] = await called('OperatorSet.membersOf', operators.interface, answer)
    return { members, faults: Number(faults) }
  }

  private async expectActive(epoch: number): Promise<void> {
    const { operators, address } = this
    if (await called('OperatorSet.isActive', operators.interface, operators.isActive(address))) return
    const [got, expected] = ['slashed, leaving, or bonded below the minimum', 'an active operator']
    const fix = `"check" says what its bond is; bond again, and where it was slashed have governance seat it again`
    throw new AttributionOracleError(
      'WRONG_STATE',
      { what: `The word of ${address} does not count in epoch ${epoch}`, got, expected, fix },
      { epoch, got, expected },
    )
  }

  private async isNext(post: Post): Promise<boolean> {
    try {
      await this.expectNext(post)
      return true
    } catch (fault) {
      if (isFault(fault, 'STALE_ACTION')) return false
      throw fault
    }
  }

  private async expectNext(post: Post): Promise<void> {
    const [pending, finalEpoch] = await called(
      'AttributionOracle.pending',
      this.oracle.interface,
      Promise.all([this.oracle.pending(), this.oracle.finalEpoch()]),
    )
    const action = `post epoch ${post.epoch}`
    if (pending.deadline !== 0n)
      throw stale(action, `the post ${pending.pendingHash} is pending`, 'no pending post')
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
