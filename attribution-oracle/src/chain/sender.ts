import { setTimeout as sleep } from 'node:timers/promises'
import {
  Transaction,
  type JsonRpcProvider,
  type TransactionReceipt,
  type TransactionRequest,
  type Wallet,
} from 'ethers'
import type { Outbox } from '../domain'
import { AttributionOracleError } from '../errors'
import { asked, rpcFailed } from './rpcFault'

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
  /** whether what an earlier, mined transaction did has to be done again; never, when left out */
  undone?: () => Promise<boolean>
}

export interface SendOptions {
  signal?: AbortSignal
  /** how long a transaction may stay in the mempool before the run ends; the next run goes on waiting */
  waitMs?: number
}

const TEN_MINUTES = 600_000

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
    private readonly options: SendOptions = {},
  ) {}

  get address(): string {
    return this.wallet.address
  }

  /** @throws CALL_REVERTED, RPC_FAILED (also when the transaction is not mined in time), ABORTED */
  async send({ epoch, action, request, undone }: Plan): Promise<Sent> {
    const stored = await this.outbox.find(epoch, action)
    if (stored) {
      const mined = await this.receiptOf(stored.hash)
      const again = mined ? await undone?.() : (await this.nextNonce()) > stored.nonce
      if (!again) return { ...(await this.deliver(epoch, action, stored.raw)), sent: !mined }
      await this.outbox.discard(epoch, action)
    }
    const nonce = await this.nextNonce()
    const planned = await asked(
      'eth_estimateGas',
      this.wallet.populateTransaction({ ...(await request()), nonce }),
    )
    const raw = await this.wallet.signTransaction(planned)
    await this.outbox.record({ epoch, action, nonce, hash: Transaction.from(raw).hash!, raw })
    return { ...(await this.deliver(epoch, action, raw)), sent: true }
  }

  private async deliver(epoch: number, action: string, raw: string): Promise<Omit<Sent, 'sent'>> {
    const hash = Transaction.from(raw).hash!
    if (!(await asked('eth_getTransactionByHash', this.provider.getTransaction(hash)))) {
      await this.provider.broadcastTransaction(raw).catch((cause: unknown) => {
        const what = `The RPC did not take transaction ${hash}`
        throw rpcFailed(what, 'eth_sendRawTransaction', cause, 'run again: the same bytes are sent')
      })
    }
    const receipt = await this.mined(hash)
    if (receipt.status !== 1) {
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

  private async mined(hash: string): Promise<TransactionReceipt> {
    const { signal, waitMs = TEN_MINUTES } = this.options
    const pollMs = this.provider.pollingInterval
    for (let waited = 0; ; waited += pollMs) {
      if (signal?.aborted) {
        const what = `Stopped while transaction ${hash} is not mined yet; run again to go on`
        throw new AttributionOracleError('ABORTED', { what }, { step: 'transaction' })
      }
      const receipt = await this.receiptOf(hash)
      if (receipt) return receipt
      if (waited >= waitMs) {
        const reason = `not mined within ${waitMs} ms`
        throw new AttributionOracleError(
          'RPC_FAILED',
          { what: `Transaction ${hash} is still waiting`, got: reason, fix: 'run again to go on waiting' },
          { method: 'eth_getTransactionReceipt', cause: reason },
        )
      }
      // an abort ends the sleep and is seen at the top of the loop
      await sleep(pollMs, undefined, signal && { signal }).catch(() => undefined)
    }
  }

  private receiptOf(hash: string): Promise<TransactionReceipt | null> {
    return asked('eth_getTransactionReceipt', this.provider.getTransactionReceipt(hash))
  }

  private nextNonce(): Promise<number> {
    return asked('eth_getTransactionCount', this.provider.getTransactionCount(this.wallet.address, 'latest'))
  }
}
