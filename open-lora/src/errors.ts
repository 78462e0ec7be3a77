/**
 * Every fault of the server, with the data that a program needs to act on it. Amounts are decimal strings, so that an
 * error can be written as JSON as it is.
 */
export interface FaultData {
  /** The voucher does not cover what is consumed, reserved and asked for; `expected` is the cumulative that would. */
  PAYMENT_REQUIRED: { got: string; expected: string; price: string }
  /** The signature is not the payer's over this voucher on this chain and contract. */
  WRONG_SIGNER: { got: string; expected: string }
  /** A voucher below one that the same payer gave before, or below what is consumed. */
  CUMULATIVE_FELL: { got: string; expected: string }
  /** The voucher is for another model than the request. */
  WRONG_MODEL: { got: number; expected: number }
  /** The payer's deposit on chain is lower than what is owed with this request. */
  DEPOSIT_TOO_LOW: { got: string; expected: string }
  /** The payer would owe more than the credit limit: an exact voucher over `cumulative` has to come first. */
  SETTLEMENT_DUE: { got: string; expected: string; cumulative: string }
  /** The payer's running requests alone may cost more than the credit limit: a settlement would not help. */
  CREDIT_EXCEEDED: { got: string; expected: string }
  /** A settlement voucher that is not for exactly what was consumed. */
  NOT_EXACT: { got: string; expected: string }
  NOTHING_TO_SETTLE: { got: string; expected: string }
  /** What was redeemed on chain is not where this settlement starts. */
  SETTLEMENT_GAP: { got: string; expected: string }
  /** The chain passed a voucher over in a batch; `reason` is the contract's error. */
  VOUCHER_SKIPPED: { payer: string; modelId: number; reason: string }
  /** The transaction did not move what the receipts say. */
  REDEMPTION_DIFFERS: { got: string; expected: string; transaction: string }
  /** The chain of receipts contradicts itself; `sequence` names the first receipt that does. */
  RECEIPT_BROKEN: { sequence: number; field: string; got: string; expected: string }
  /** A stored journal that cannot be continued. */
  JOURNAL_BROKEN: { line: number; got: string; expected: string }
  /** The journal cannot be written: nothing can be served any more without losing a receipt. */
  JOURNAL_FAILED: { cause: string }
  UNKNOWN_MODEL: { got: number; expected: string }
  /** The adapter was trained on another base model. */
  BASE_MISMATCH: { got: string; expected: string }
  /** The adapter does not fit the slots: rank, layer or shape. */
  ADAPTER_UNFIT: { digest: string; got: string; expected: string }
  TOKENIZER_UNFIT: { got: number; expected: number }
  PROMPT_TOO_LONG: { got: number; expected: number }
  INVALID_REQUEST: { field: string; got: string; expected: string }
  QUEUE_FULL: { got: number; expected: number }
  /** The caller aborted; `charged` says what had been produced and was metered. */
  ABORTED: { charged: string }
  /** The decoder failed; nothing was charged. It does not come back: the server has to be started again. */
  DECODING_FAILED: { cause: string }
  /** The server takes nothing new, or was closed before the request had reached its model; nothing was charged. */
  CLOSED: Record<string, never>
}

export type FaultCode = keyof FaultData

/** The parts that a message is composed of, once, so that every fault reads alike. */
export interface Report {
  what: string
  got?: string
  expected?: string
  /** what the reader can do about it */
  fix?: string
}

const RETRYABLE: ReadonlySet<FaultCode> = new Set(['QUEUE_FULL'])

export class OpenLoraError<C extends FaultCode = FaultCode> extends Error {
  override readonly name = 'OpenLoraError'
  /** the same request may succeed at this server later */
  readonly retryable: boolean

  constructor(
    readonly code: C,
    report: Report,
    readonly data: FaultData[C],
    options?: ErrorOptions,
  ) {
    super(compose(code, report), options)
    this.retryable = RETRYABLE.has(code)
  }
}

/** Narrows an unknown failure to one of our faults with this code. */
export function isFault<C extends FaultCode>(error: unknown, code: C): error is OpenLoraError<C> {
  return error instanceof OpenLoraError && error.code === code
}

function compose(code: FaultCode, report: Report): string {
  const lines = [`${code}: ${report.what}`]
  if (report.got !== undefined) lines.push(`  got:      ${report.got}`)
  if (report.expected !== undefined) lines.push(`  expected: ${report.expected}`)
  if (report.fix !== undefined) lines.push(`  fix:      ${report.fix}`)
  return lines.join('\n')
}
