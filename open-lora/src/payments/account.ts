import { OpenLoraError } from '../errors'
import type { Receipt } from '../receipts/receipt'
import {
  emptyChain,
  headAfter,
  nextReceipt,
  type ChainHead,
  type Consumption,
} from '../receipts/receiptChain'

/** What is set aside for a running request; `consume` or `release` takes it back, once. */
export interface Reservation {
  readonly amount: bigint
}

/**
 * One payer at one model: what was settled, consumed since, reserved by running requests, and promised by the highest
 * voucher. All amounts are cumulative wei except reservations. settled <= consumed, and no request starts unless
 * consumed + reserved stays within the voucher it brings.
 */
export class Account {
  #head: ChainHead
  #settled: bigint
  #redeemed: bigint
  #highestVoucher: bigint
  #unsettled: Receipt[] = []
  readonly #reservations = new Set<Reservation>()

  /** `redeemed` is what the chain says this payer has paid to this model so far. */
  constructor(
    readonly payer: string,
    readonly modelId: number,
    redeemed: bigint,
  ) {
    this.#head = emptyChain(redeemed)
    this.#settled = redeemed
    this.#redeemed = redeemed
    this.#highestVoucher = redeemed
  }

  get consumed(): bigint {
    return this.#head.cumulative
  }

  get settled(): bigint {
    return this.#settled
  }

  get head(): ChainHead {
    return this.#head
  }

  /** wei consumed without an exact voucher yet */
  get credit(): bigint {
    return this.#head.cumulative - this.#settled
  }

  /** wei that running requests may still cost */
  get reserved(): bigint {
    let sum = 0n
    for (const { amount } of this.#reservations) sum += amount
    return sum
  }

  /** wei that the deposit on chain still has to cover */
  get outstanding(): bigint {
    return this.#head.cumulative - this.#redeemed + this.reserved
  }

  /**
   * Sets `amount` aside against a voucher over `cumulative`. Throws CUMULATIVE_FELL when the payer has promised more
   * before, PAYMENT_REQUIRED when the voucher does not cover everything up to and including this request.
   */
  reserve(cumulative: bigint, amount: bigint): Reservation {
    if (cumulative < this.#highestVoucher) throw fell(cumulative, this.#highestVoucher)
    const needed = this.#head.cumulative + this.reserved + amount
    if (cumulative < needed) throw uncovered(cumulative, needed, amount)
    this.#highestVoucher = cumulative
    const reservation = { amount }
    this.#reservations.add(reservation)
    return reservation
  }

  release(reservation: Reservation): void {
    this.#reservations.delete(reservation)
  }

  /** Turns a reservation into the receipt of what was really consumed. */
  consume(reservation: Reservation, consumption: Consumption): Receipt {
    this.release(reservation)
    const receipt = nextReceipt(this.#head, consumption)
    this.append(receipt)
    return receipt
  }

  /** Continues the chain with a receipt that exists already. */
  append(receipt: Receipt): void {
    this.#head = headAfter(receipt)
    this.#unsettled.push(receipt)
    if (this.#highestVoucher < this.#head.cumulative) this.#highestVoucher = this.#head.cumulative
  }

  /** The receipts from what is settled up to exactly `cumulative`; none when no receipt ends there. */
  receiptsUpTo(cumulative: bigint): readonly Receipt[] {
    const last = this.#unsettled.findLastIndex(receipt => BigInt(receipt.cumulative) === cumulative)
    return this.#unsettled.slice(0, last + 1)
  }

  /** An exact voucher over `cumulative` has come: its receipts are done with. */
  settle(cumulative: bigint): void {
    this.#unsettled = this.#unsettled.slice(this.receiptsUpTo(cumulative).length)
    this.#settled = cumulative
  }

  /** The chain has paid up to `cumulative`. */
  redeem(cumulative: bigint): void {
    if (cumulative > this.#redeemed) this.#redeemed = cumulative
  }
}

function fell(got: bigint, highest: bigint): OpenLoraError {
  return new OpenLoraError(
    'CUMULATIVE_FELL',
    {
      what: 'the voucher is below an earlier one',
      got: String(got),
      expected: `at least ${highest}`,
      fix: 'a voucher is cumulative: sign the earlier amount plus what this request may cost',
    },
    { got: String(got), expected: String(highest) },
  )
}

function uncovered(got: bigint, needed: bigint, price: bigint): OpenLoraError {
  return new OpenLoraError(
    'PAYMENT_REQUIRED',
    {
      what: `the voucher does not cover this request, which may cost ${price} wei`,
      got: String(got),
      expected: `at least ${needed}`,
      fix: `sign a voucher over ${needed} wei; what is not consumed stays for later requests`,
    },
    { got: String(got), expected: String(needed), price: String(price) },
  )
}
