import { ZeroAddress, ZeroHash, type ContractTransaction, type JsonRpcProvider, Wallet } from 'ethers'
import type { Challenge, Outbox, Post, ProvenLedgerLeaf } from '../domain'
import { fraudProofsAt, oracleAt, type Addresses } from './contracts'
import { hashPost } from './postCodec'
import { called } from './reverts'
import { Sender, type SendOptions, type Sent } from './sender'

const NO_ROOT = `0x${'00'.repeat(24)}` as const

/** What the contract ignores: the last final post before there is one, the leaf of an account that was not there. */
const NO_POST: Post = {
  epoch: 0,
  specVersion: 0,
  configDigest: ZeroHash as Post['configDigest'],
  blockNumber: 0,
  blockHash: ZeroHash as Post['blockHash'],
  inputsDigest: ZeroHash as Post['inputsDigest'],
  ledgerRoot: NO_ROOT,
  journalRoot: NO_ROOT,
  manifestRoot: NO_ROOT,
  ledgerCount: 0,
  journalCount: 0,
  manifestCount: 0,
  total: 0n,
  dataDigest: ZeroHash as Post['dataDigest'],
}
const NO_LEAF: ProvenLedgerLeaf = { index: 0, account: ZeroAddress, cumulative: 0n, prefix: 0n, proof: '0x' }

/** Strikes down a pending post with evidence. Simulated first: a challenge that proves nothing is never sent. */
export class Challenger {
  private readonly contract: ReturnType<typeof fraudProofsAt>
  private readonly oracle: ReturnType<typeof oracleAt>
  private readonly sender: Sender

  constructor(
    private readonly provider: JsonRpcProvider,
    key: string,
    addresses: Addresses,
    outbox: Outbox,
    options: SendOptions = {},
  ) {
    const wallet = new Wallet(key, provider)
    this.contract = fraudProofsAt(addresses, wallet)
    this.oracle = oracleAt(addresses, wallet)
    this.sender = new Sender(provider, wallet, outbox, options)
  }

  /**
   * Sends a challenge once for every time that the post is made: a rejected post may be posted again, word for word.
   * @throws CALL_REVERTED with FraudProofs_NothingWrong when the post is honest after all
   */
  async challenge(post: Post, challenge: Challenge): Promise<Sent> {
    const postHash = hashPost(post)
    return this.sender.send({
      epoch: post.epoch,
      action: `challenge ${challenge.kind} of ${postHash}`,
      undone: async () => (await this.pendingHash()) === postHash,
      request: async () => {
        const transaction = await this.transactionFor(post, challenge)
        const from = this.sender.address
        const call = `FraudProofs, ${challenge.kind}`
        await called(call, this.contract.interface, this.provider.call({ ...transaction, from }))
        return transaction
      },
    })
  }

  private async pendingHash(): Promise<string> {
    const { oracle } = this
    return (await called('AttributionOracle.pending', oracle.interface, oracle.pending())).postHash
  }

  private transactionFor(post: Post, challenge: Challenge): Promise<ContractTransaction> {
    const { contract } = this
    switch (challenge.kind) {
      case 'account':
        return contract.challengeAccount.populateTransaction(post, challenge.leaf)
      case 'firstPrefix':
        return contract.challengeFirstPrefix.populateTransaction(post, challenge.first)
      case 'prefix':
        return contract.challengePrefix.populateTransaction(post, challenge.left, challenge.right)
      case 'fallen':
        return contract.challengeFallen.populateTransaction(
          post,
          challenge.last,
          challenge.was,
          challenge.now,
        )
      case 'total':
        return contract.challengeTotal.populateTransaction(post, challenge.last)
      case 'journalLeaf':
        return contract.challengeJournalLeaf.populateTransaction(post, challenge.leaf)
      case 'journalOrder':
        return contract.challengeJournalOrder.populateTransaction(post, challenge.left, challenge.right)
      case 'journalTotal':
        return contract.challengeJournalTotal.populateTransaction(
          post,
          challenge.last ?? NO_POST,
          challenge.lastLeaf,
        )
      case 'increase':
        return contract.challengeIncrease.populateTransaction(
          post,
          challenge.last ?? NO_POST,
          challenge.was ?? NO_LEAF,
          challenge.now,
          [...challenge.boundary],
        )
      case 'pool':
        return contract.challengePool.populateTransaction(post, challenge.leaf)
    }
  }
}
