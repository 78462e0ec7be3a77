import type { ContractTransactionResponse } from 'ethers'
import { DemoError } from './errors'

/** Counts the gas of every transaction by what it was for. */
export class GasLedger {
  readonly #entries = new Map<string, { transactions: number; gas: bigint }>()

  add(action: string, gas: bigint): void {
    const entry = this.#entries.get(action) ?? { transactions: 0, gas: 0n }
    this.#entries.set(action, { transactions: entry.transactions + 1, gas: entry.gas + gas })
  }

  /** Waits for a transaction and counts it. */
  async mined(action: string, sent: Promise<ContractTransactionResponse>): Promise<bigint> {
    const receipt = await (await sent).wait()
    if (!receipt) throw new DemoError('NOT_READY', { what: `the transaction of ${action}`, waited: 0 })
    this.add(action, receipt.gasUsed)
    return receipt.gasUsed
  }

  rows(): { action: string; transactions: number; gas: string }[] {
    return [...this.#entries].map(([action, { transactions, gas }]) => ({
      action,
      transactions,
      gas: String(gas),
    }))
  }
}
