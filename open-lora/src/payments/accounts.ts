import { getAddress } from 'ethers'
import { OpenLoraError } from '../errors'
import type { JournalEntry, Settlement } from '../journal/journalEntry'
import { verifyChain } from '../receipts/receiptChain'
import { Account } from './account'
import { payerAddress } from './payerAddress'
import type { PaymentsView } from './paymentsView'

/** Every account of this server, continued from the journal and from what the chain says was redeemed. */
export class Accounts {
  readonly #accounts = new Map<string, Account>()
  readonly #opened = new Map<string, Promise<Account>>()
  readonly #settlements = new Set<Settlement>()
  readonly #view: PaymentsView

  /** Replays `entries`; throws RECEIPT_BROKEN where the journal's receipts do not form chains. */
  constructor(view: PaymentsView, entries: readonly JournalEntry[]) {
    this.#view = view
    for (const entry of entries) {
      if (entry.kind === 'receipt') this.#replayReceipt(entry)
      else this.#replaySettlement(entry.settlement)
    }
  }

  /**
   * The payer's account at a model, compared with the chain when it is first used. Throws SETTLEMENT_GAP when more was
   * redeemed than this server has settled: somebody else redeems this payer's vouchers, or the journal is lost.
   * INVALID_REQUEST when `payer` is not an address.
   */
  async open(payer: string, modelId: number): Promise<Account> {
    const address = payerAddress(payer)
    const key = keyOf(address, modelId)
    const opened = this.#opened.get(key) ?? this.#compare(key, address, modelId)
    this.#opened.set(key, opened)
    return opened
  }

  /** Wei that `payer` owes or has reserved over all models. */
  outstanding(payer: string): bigint {
    const address = getAddress(payer)
    let sum = 0n
    for (const account of this.#accounts.values()) if (account.payer === address) sum += account.outstanding
    return sum
  }

  /** Settlements that the chain has not paid yet, in the order in which they were made. */
  unredeemed(): Settlement[] {
    return [...this.#settlements]
  }

  /** A settlement is in the journal: it waits for redemption. */
  addRedeemable(settlement: Settlement): void {
    this.#settlements.add(settlement)
  }

  /** The chain has paid `payer`'s vouchers up to `cumulative`. */
  markRedeemed(payer: string, modelId: number, cumulative: bigint): void {
    this.#accounts.get(keyOf(payer, modelId))?.redeem(cumulative)
    for (const settlement of this.#settlements) {
      const isPaid = BigInt(settlement.to) <= cumulative
      if (isPaid && keyOf(settlement.payer, settlement.modelId) === keyOf(payer, modelId)) {
        this.#settlements.delete(settlement)
      }
    }
  }

  async #compare(key: string, payer: string, modelId: number): Promise<Account> {
    try {
      const redeemed = await this.#view.redeemed(payer, modelId)
      const account = this.#account(payer, modelId, redeemed)
      if (redeemed > account.settled) throw gap(account, redeemed)
      this.markRedeemed(payer, modelId, redeemed)
      return account
    } catch (error) {
      // The next request asks the chain again.
      this.#opened.delete(key)
      throw error
    }
  }

  #account(payer: string, modelId: number, start: bigint): Account {
    const key = keyOf(payer, modelId)
    const account = this.#accounts.get(key) ?? new Account(getAddress(payer), modelId, start)
    this.#accounts.set(key, account)
    return account
  }

  #replayReceipt({ payer, receipt }: Extract<JournalEntry, { kind: 'receipt' }>): void {
    const start = BigInt(receipt.cumulative) - BigInt(receipt.price)
    const account = this.#account(payer, receipt.modelId, start)
    verifyChain(account.head, [receipt])
    account.append(receipt)
  }

  #replaySettlement(settlement: Settlement): void {
    const { payer, modelId, from, to } = settlement
    this.#account(payer, modelId, BigInt(from)).settle(BigInt(to))
    this.addRedeemable(settlement)
  }
}

function keyOf(payer: string, modelId: number): string {
  return `${payer.toLowerCase()}/${modelId}`
}

function gap(account: Account, redeemed: bigint): OpenLoraError {
  return new OpenLoraError(
    'SETTLEMENT_GAP',
    {
      what: `more was redeemed from ${account.payer} for model ${account.modelId} than this server has settled`,
      got: String(redeemed),
      expected: `at most ${account.settled}`,
      fix: "start with the journal of the server that redeemed, or settle this payer's receipts by hand",
    },
    { got: String(redeemed), expected: String(account.settled) },
  )
}
