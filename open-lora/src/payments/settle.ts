import type { Signer } from 'ethers'
import { canonicalBytes, type ContentStore } from '@open-datanets/content-store'
import { OpenLoraError } from '../errors'
import type { Settlement } from '../journal/journalEntry'
import type { Receipt } from '../receipts/receipt'
import { signReceipts, verifyReceiptsDocument } from '../receipts/receiptsDocument'
import type { Account } from './account'
import type { PaymentsDomain } from '../paymentsDomain'
import { verifyVoucher, type SignedVoucher } from './voucher'

/**
 * Closes an account up to an exact voucher: its cumulative must be that of one of the receipts since the last
 * settlement. Signs the document of exactly these receipts, checks it and puts it into the content store. What it
 * returns has to be in the journal before it is redeemed.
 * Throws WRONG_SIGNER, NOT_EXACT or NOTHING_TO_SETTLE.
 */
export async function settle(
  account: Account,
  exact: SignedVoucher,
  { server, domain, content }: { server: Signer; domain: PaymentsDomain; content: ContentStore },
): Promise<Settlement> {
  const { voucher, signature } = verifyVoucher(domain, exact)
  const { cumulative } = voucher
  const from = account.settled
  if (account.credit === 0n) throw nothingToSettle(account, cumulative)
  const [first, ...rest] = account.receiptsUpTo(cumulative)
  if (!first) throw notExact(account, cumulative)

  const receipts: [Receipt, ...Receipt[]] = [first, ...rest]
  const document = await signReceipts(server, domain, account.payer, from, receipts)
  verifyReceiptsDocument(document)
  const receiptsDigest = await content.put(canonicalBytes(document))
  // Another voucher may have been settled meanwhile; one document then covers the other's receipts.
  if (account.settled !== from) throw notExact(account, cumulative)
  account.settle(cumulative)
  return {
    payer: account.payer,
    modelId: account.modelId,
    from: String(from),
    to: String(cumulative),
    signature,
    receiptsDigest,
  }
}

function nothingToSettle(account: Account, got: bigint): OpenLoraError {
  return new OpenLoraError(
    'NOTHING_TO_SETTLE',
    {
      what: `${account.payer} owes model ${account.modelId} nothing`,
      got: String(got),
      expected: `consumption above ${account.settled}`,
    },
    { got: String(got), expected: String(account.settled) },
  )
}

function notExact(account: Account, got: bigint): OpenLoraError {
  return new OpenLoraError(
    'NOT_EXACT',
    {
      what: 'a settlement voucher is for exactly what was consumed',
      got: String(got),
      expected: String(account.consumed),
      fix: 'ask for the settlement request again and sign its cumulative',
    },
    { got: String(got), expected: String(account.consumed) },
  )
}
