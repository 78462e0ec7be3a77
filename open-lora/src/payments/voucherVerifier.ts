import type { PaymentsDomain } from '../paymentsDomain'
import { verifyVoucher, type SignedVoucher } from './voucher'

/**
 * Verifies vouchers and remembers the last good ones: recovering a key takes some milliseconds, and a payer shows a
 * prepaid voucher again until it is used up.
 */
export class VoucherVerifier {
  readonly #domain: PaymentsDomain
  readonly #remember: number
  /** oldest first */
  readonly #good = new Map<string, SignedVoucher>()

  constructor(domain: PaymentsDomain, remember = 10_000) {
    this.#domain = domain
    this.#remember = remember
  }

  /** As `verifyVoucher`. */
  verify(signed: SignedVoucher): SignedVoucher {
    const { payer, modelId, cumulative } = signed.voucher
    const key = `${payer} ${modelId} ${cumulative} ${signed.signature}`
    const known = this.#good.get(key)
    if (known) return known
    const verified = verifyVoucher(this.#domain, signed)
    this.#good.set(key, verified)
    const [oldest] = this.#good.keys()
    if (this.#good.size > this.#remember && oldest !== undefined) this.#good.delete(oldest)
    return verified
  }
}
