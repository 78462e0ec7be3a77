import { OpenLoraError } from '../errors'
import type { Account } from './account'

/**
 * What a payer has consumed on credit, what its running requests have reserved and the most that this one can cost stay
 * within `limit` together. Throws SETTLEMENT_DUE when an exact voucher would make room, CREDIT_EXCEEDED when it would
 * not.
 */
export function expectCredit(account: Account, price: bigint, limit: bigint): void {
  const running = account.reserved + price
  if (running > limit) throw exceeded(account, running, limit)
  const wanted = account.credit + running
  if (wanted > limit) throw due(account, wanted, limit)
}

function exceeded({ payer }: Account, got: bigint, limit: bigint): OpenLoraError {
  return new OpenLoraError(
    'CREDIT_EXCEEDED',
    {
      what: `the requests of ${payer} that run together may cost more than this server gives on credit`,
      got: String(got),
      expected: `at most ${limit}`,
      fix: 'wait until running requests have ended, or ask for fewer tokens',
    },
    { got: String(got), expected: String(limit) },
  )
}

function due({ payer, consumed }: Account, got: bigint, limit: bigint): OpenLoraError {
  return new OpenLoraError(
    'SETTLEMENT_DUE',
    {
      what: `with this request ${payer} may consume more on credit than this server gives`,
      got: String(got),
      expected: `at most ${limit}`,
      fix: `settle with a voucher over exactly ${consumed} wei`,
    },
    { got: String(got), expected: String(limit), cumulative: String(consumed) },
  )
}
