import { signerOfDigest } from '../chain'
import {
  canonicalBytes,
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
import { isContentFault } from '../errors'

/** What was paid for in an epoch, and an index of all redemptions with the reason why one does not count. */
export interface PaidReceipts {
  outputs: PaidOutput[]
  index: Row<'receipts'>[]
}

/** Reads the receipts behind redemptions. Receipts that do not explain their redemption are recorded, never guessed. */
export async function readReceipts(
  inputs: EpochInputs,
  redemptions: readonly Redemption[],
  content: ContentStore,
): Promise<PaidReceipts> {
  const outputs: PaidOutput[] = []
  const index: Row<'receipts'>[] = []
  for (const redemption of redemptions) {
    const document = await documentOf(redemption, content)
    const reason = typeof document === 'string' ? document : receiptsFault(document, redemption, inputs)
    const { payer, modelId, amount, receiptsDigest } = redemption
    const receipts = typeof document === 'string' || reason ? [] : document.receipts
    index.push({
      payer,
      modelId,
      amount,
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

/** Why receipts do not explain a redemption; undefined when they do, to the wei. */
export function receiptsFault(
  document: ReceiptsDocument,
  redemption: Redemption,
  where: { chainId: number; payments: string },
): string | undefined {
  const { signature, ...unsigned } = document
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
  if (document.chainId !== where.chainId || !same(document.payments, where.payments))
    return 'other chain or contract'
  if (document.modelId !== redemption.modelId)
    return `model ${document.modelId}, redeemed for ${redemption.modelId}`
  if (!same(document.payer, redemption.payer))
    return `payer ${document.payer}, redeemed from ${redemption.payer}`
  if (document.to !== redemption.cumulative)
    return `up to ${document.to}, redeemed up to ${redemption.cumulative}`
  if (document.to - document.from !== redemption.amount) {
    return `explains ${document.to - document.from}, redeemed ${redemption.amount}`
  }
  const signer = signerOfDigest(sha256(canonicalBytes(unsigned)), signature)
  if (!signer || !same(signer, document.server))
    return `signed by ${signer ?? 'nobody'}, not by ${document.server}`
  return chainFault(document)
}

/** Receipts are a hash chain from `from` to `to`. */
function chainFault({ receipts, from, to, modelId }: ReceiptsDocument): string | undefined {
  let cumulative = from
  for (const [i, { digest, ...content }] of receipts.entries()) {
    const before = receipts[i - 1]
    cumulative += content.price
    if (content.modelId !== modelId) return `receipt ${content.sequence} is for model ${content.modelId}`
    if (content.cumulative !== cumulative) return `receipt ${content.sequence} has a wrong cumulative`
    if (before && content.previous !== before.digest)
      return `receipt ${content.sequence} does not follow the one before`
    if (before && content.sequence !== before.sequence + 1)
      return `receipt ${content.sequence} is out of order`
    if (sha256(canonicalBytes(content)) !== digest)
      return `receipt ${content.sequence} does not have its digest`
  }
  return cumulative === to ? undefined : `receipts add up to ${cumulative}, not to ${to}`
}

async function documentOf(
  { receiptsDigest }: Redemption,
  content: ContentStore,
): Promise<ReceiptsDocument | string> {
  try {
    return parseDocument(receiptsDocument, RECEIPTS_FORMAT, await content.get(receiptsDigest))
  } catch (error) {
    if (!isContentFault(error)) throw error
    return error.message
  }
}
