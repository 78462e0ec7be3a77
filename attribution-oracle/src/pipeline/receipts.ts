import { signerOfDigest } from '../chain'
import {
  canonicalBytes,
  MAX_DOCUMENT_BYTES,
  parseDocument,
  RECEIPTS_FORMAT,
  receiptsDocument,
  sha256,
  type ContentStore,
  type EpochInputs,
  type PaidOutput,
  type ReceiptsDocument,
  type Redemption,
  type Row,
} from '../domain'
import { isAbsent, isContentFault } from '../errors'
import type { ModelFault } from './models'

/** What was paid for in an epoch, and an index of all redemptions with the reason why one does not count. */
export interface PaidReceipts {
  outputs: PaidOutput[]
  index: Row<'receipts'>[]
}

/**
 * Reads the receipts behind redemptions. Receipts that do not explain their redemption are recorded, never guessed.
 * @param leftOut models that cannot be scored, with the reason that their redemptions get
 */
export async function readReceipts(
  inputs: EpochInputs,
  redemptions: readonly Redemption[],
  leftOut: ReadonlyMap<number, ModelFault>,
  content: ContentStore,
): Promise<PaidReceipts> {
  const outputs: PaidOutput[] = []
  const index: Row<'receipts'>[] = []
  for (const redemption of redemptions) {
    const document = leftOut.get(redemption.modelId) ?? (await documentOf(redemption, content))
    const reason = typeof document === 'string' ? document : receiptsFault(document, redemption, inputs)
    const { payer, modelId, amount, cumulative, receiptsDigest } = redemption
    const receipts = typeof document === 'string' || reason ? [] : document.receipts
    index.push({
      payer,
      modelId,
      amount,
      cumulative,
      receiptsDigest,
      outputs: receipts.length,
      accepted: !reason,
      reason: reason ?? '',
    })
    for (const { digest, promptTokens, outputTokens, price } of receipts) {
      outputs.push({ receiptId: digest, modelId, promptTokens, outputTokens, amount: price })
    }
  }
  return { outputs, index }
}

/** Why receipts do not explain a redemption, as a code and integers; undefined when they do, to the wei. */
export function receiptsFault(
  document: ReceiptsDocument,
  redemption: Redemption,
  where: { chainId: number; payments: string },
): string | undefined {
  const { signature, ...unsigned } = document
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
  if (document.chainId !== where.chainId || !same(document.payments, where.payments)) return 'OTHER_CHAIN'
  if (document.modelId !== redemption.modelId) return `OTHER_MODEL ${document.modelId}`
  if (!same(document.payer, redemption.payer)) return 'OTHER_PAYER'
  if (document.to !== redemption.cumulative) return `OTHER_END ${document.to}`
  if (document.to - document.from !== redemption.amount) return `OTHER_START ${document.from}`
  const signer = signerOfDigest(sha256(canonicalBytes(unsigned)), signature)
  if (!signer || !same(signer, document.server)) return 'OTHER_SIGNER'
  return chainFault(document)
}

/** Receipts are a hash chain from `from` to `to`. */
function chainFault({ receipts, from, to, modelId }: ReceiptsDocument): string | undefined {
  let cumulative = from
  for (const [i, { digest, ...content }] of receipts.entries()) {
    const before = receipts[i - 1]
    cumulative += content.price
    const fault = (code: string): string => `${code} ${content.sequence}`
    if (content.modelId !== modelId) return fault('RECEIPT_MODEL')
    if (content.cumulative !== cumulative) return fault('RECEIPT_CUMULATIVE')
    if (before && content.previous !== before.digest) return fault('RECEIPT_PREVIOUS')
    if (before && content.sequence !== before.sequence + 1) return fault('RECEIPT_SEQUENCE')
    if (sha256(canonicalBytes(content)) !== digest) return fault('RECEIPT_DIGEST')
  }
  return cumulative === to ? undefined : `RECEIPTS_SUM ${cumulative}`
}

async function documentOf(
  { receiptsDigest }: Redemption,
  content: ContentStore,
): Promise<ReceiptsDocument | string> {
  try {
    const bytes = await content.get(receiptsDigest, MAX_DOCUMENT_BYTES)
    return parseDocument(receiptsDocument, RECEIPTS_FORMAT, bytes)
  } catch (error) {
    if (!isContentFault(error)) throw error
    return isAbsent(error) ? 'UNAVAILABLE' : 'MALFORMED'
  }
}
