import { Transaction, type JsonRpcProvider, type TransactionRequest, type Wallet } from 'ethers'
import type { Outbox } from '../domain'
import { AttributionOracleError } from '../errors'

/** A mined transaction; `sent` is false when it had already been sent by an earlier run. */
export interface Sent {
  hash: string
  blockNumber: number
  gasUsed: bigint
  sent: boolean
}

/** One planned transaction. `request` is asked for only when nothing was signed for (epoch, action) before. */
export interface Plan {
  epoch: number
  action: string
  request: () => Promise<TransactionRequest>
}

/**
 * Sends at most one transaction per (epoch, action). It is signed and stored before it is sent, so that a process that
 * dies in between sends the same bytes again. A stored transaction whose nonce went to another one can never be mined
 * and is forgotten.
 */
export class Sender {
  constructor(
    private readonly provider: JsonRpcProvider,
    private readonly wallet: Wallet,
    private readonly outbox: Outbox,
  ) {}

  get address(): string {
    return this.wallet.address
  }

  /** @throws CALL_REVERTED, RPC_FAILED */
  async send({ epoch, action, request }: Plan): Promise<Sent> {
    const stored = await this.outbox.find(epoch, action)
    if (stored) {
      const mined = await this.provider.getTransactionReceipt(stored.hash)
      const nonce = await this.provider.getTransactionCount(this.wallet.address, 'latest')
      if (mined || nonce <= stored.nonce)
        return { ...(await this.deliver(epoch, action, stored.raw)), sent: !mined }
      await this.outbox.discard(epoch, action)
    }
    const nonce = await this.provider.getTransactionCount(this.wallet.address, 'latest')
    const planned = await this.wallet.populateTransaction({ ...(await request()), nonce })
    const raw = await this.wallet.signTransaction(planned)
    await this.outbox.record({ epoch, action, nonce, hash: Transaction.from(raw).hash!, raw })
    return { ...(await this.deliver(epoch, action, raw)), sent: true }
  }

  private async deliver(epoch: number, action: string, raw: string): Promise<Omit<Sent, 'sent'>> {
    const hash = Transaction.from(raw).hash!
    if (!(await this.provider.getTransaction(hash))) {
      await this.provider.broadcastTransaction(raw).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new AttributionOracleError(
          'RPC_FAILED',
          {
            what: `The RPC did not take transaction ${hash}`,
            got: reason,
            fix: 'run again: the same bytes are sent',
          },
          { method: 'eth_sendRawTransaction', cause: reason },
          { cause },
        )
      })
    }
    const receipt = await this.provider.waitForTransaction(hash)
    if (receipt?.status !== 1) {
      await this.outbox.discard(epoch, action)
      throw new AttributionOracleError(
        'CALL_REVERTED',
        {
          what: `Transaction ${hash} (${action} of epoch ${epoch}) was mined but reverted`,
          fix: 'run again',
        },
        { call: action, reason: 'reverted in its block' },
      )
    }
    return { hash, blockNumber: receipt.blockNumber, gasUsed: receipt.gasUsed }
  }
}
