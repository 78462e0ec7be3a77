import { getAddress, getBytes, verifyMessage, type Signer } from 'ethers'
import { canonicalBytes, sha256 } from '@open-datanets/content-store'
import { OpenLoraError } from '../errors'
import type { PaymentsDomain } from '../paymentsDomain'
import type { Receipt } from './receipt'
import { emptyChain, verifyChain } from './receiptChain'

/** The receipts of exactly one redemption, signed by the server: Σ price = to - from. */
export interface ReceiptsDocument {
  format: 'open-datanets/receipts'
  version: 1
  chainId: number
  payments: string
  modelId: number
  payer: string
  server: string
  from: string
  to: string
  receipts: readonly Receipt[]
  /** EIP-191 signature by `server` of the document's SHA-256 without this field */
  signature: string
}

type Unsigned = Omit<ReceiptsDocument, 'signature'>

/** Signs `receipts`, the links that lead one payer's chain at one model from `from` on. They must not be empty. */
export async function signReceipts(
  server: Signer,
  domain: PaymentsDomain,
  payer: string,
  from: bigint,
  receipts: readonly [Receipt, ...Receipt[]],
): Promise<ReceiptsDocument> {
  const unsigned: Unsigned = {
    format: 'open-datanets/receipts',
    version: 1,
    chainId: Number(domain.chainId),
    payments: getAddress(domain.payments),
    modelId: receipts[0].modelId,
    payer: getAddress(payer),
    server: await server.getAddress(),
    from: String(from),
    to: String(receipts[receipts.length - 1]?.cumulative),
    receipts,
  }
  return { ...unsigned, signature: await server.signMessage(signedBytes(unsigned)) }
}

/** Checks a document alone: every link, the two ends, the signature. Throws RECEIPT_BROKEN or WRONG_SIGNER. */
export function verifyReceiptsDocument(document: ReceiptsDocument): void {
  const { signature, ...unsigned } = document
  const [first] = document.receipts
  const start = emptyChain(BigInt(document.from))
  const before = first ? { ...start, sequence: first.sequence, digest: first.previous } : start
  const end = verifyChain(before, document.receipts)
  if (end.cumulative !== BigInt(document.to)) throw brokenEnd(document, end.sequence, end.cumulative)
  for (const { modelId, sequence } of document.receipts) {
    if (modelId !== document.modelId) throw brokenModel(document, sequence, modelId)
  }
  const signer = recover(unsigned, signature)
  if (signer === document.server) return
  throw new OpenLoraError(
    'WRONG_SIGNER',
    { what: 'the receipts are not signed by their server', got: signer, expected: document.server },
    { got: signer, expected: document.server },
  )
}

function brokenEnd(document: ReceiptsDocument, sequence: number, got: bigint) {
  return new OpenLoraError(
    'RECEIPT_BROKEN',
    { what: 'the receipts do not add up to what is redeemed', got: String(got), expected: document.to },
    { sequence, field: 'to', got: String(got), expected: document.to },
  )
}

function brokenModel(document: ReceiptsDocument, sequence: number, got: number) {
  const fields = { got: String(got), expected: String(document.modelId) }
  return new OpenLoraError(
    'RECEIPT_BROKEN',
    { what: `receipt ${sequence} is for another model than its document`, ...fields },
    { sequence, field: 'modelId', ...fields },
  )
}

function signedBytes(unsigned: Unsigned): Uint8Array {
  return getBytes(sha256(canonicalBytes(unsigned)))
}

function recover(unsigned: Unsigned, signature: string): string {
  try {
    return verifyMessage(signedBytes(unsigned), signature)
  } catch {
    return 'no valid signature'
  }
}
