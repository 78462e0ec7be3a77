import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { Signer } from 'ethers'
import type { Tokenizer } from '@open-datanets/onnx-engine'
import type { InferencePayments } from '../../typechain-types'
import type { AdapterStore } from './adapters/adapterStore'
import type { ContentStore } from '@open-datanets/content-store'
import type { DecodingResult, Scheduler, StopReason } from './decoding/scheduler'
import { OpenLoraError } from './errors'
import { unlessInterrupted } from './interruption'
import type { FileJournal } from './journal/fileJournal'
import type { Settlement } from './journal/journalEntry'
import type { Account, Reservation } from './payments/account'
import type { Accounts } from './payments/accounts'
import { expectCredit } from './payments/creditLimit'
import type { PaymentsView } from './payments/paymentsView'
import { priceOf } from './payments/price'
import { redeem, type Redemption } from './payments/redeem'
import { settle } from './payments/settle'
import type { SignedVoucher, Voucher } from './payments/voucher'
import type { VoucherVerifier } from './payments/voucherVerifier'
import type { PaymentsDomain } from './paymentsDomain'
import { checkRequest, type CompletionRequest } from './request'
import type { Receipt } from './receipts/receipt'
import type { ServedModel } from './servedModel'

export interface Completion {
  requestId: string
  text: string
  receipt: Receipt
  promptTokens: number[]
  outputTokens: number[]
  stoppedBy: Exclude<StopReason, 'aborted'>
}

export interface ServerParts {
  models: ReadonlyMap<number, ServedModel>
  tokenizer: Tokenizer
  contextLength: number
  /** wei that a payer may consume and have reserved at one model before an exact voucher has to come */
  creditLimit: bigint
  adapters: AdapterStore
  scheduler: Scheduler
  accounts: Accounts
  journal: FileJournal
  payments: PaymentsView
  domain: PaymentsDomain
  vouchers: VoucherVerifier
  /** signs receipts */
  signer: Signer
  content: ContentStore
}

/** Serves paid completions. Every answer has its receipt on disk before it is returned. */
export class OpenLora {
  readonly #parts: ServerParts
  readonly #accepted = new Set<Promise<unknown>>()
  readonly #shutdown = new AbortController()
  #closing: Promise<void> | undefined

  constructor(parts: ServerParts) {
    this.#parts = parts
    // Every waiting request listens: many at once are no leak.
    setMaxListeners(0, this.#shutdown.signal)
  }

  /**
   * One completion. The voucher must cover everything consumed and reserved so far plus the most that this request can
   * cost; charged is exactly what was read and written, the rest stays for the payer's next request. An abort frees the
   * slot, if there is one yet, and rejects with ABORTED, with what was charged until then.
   */
  complete(request: CompletionRequest, options: { signal?: AbortSignal } = {}): Promise<Completion> {
    return this.#accept(() => this.#complete(request, options))
  }

  async #complete(request: CompletionRequest, { signal }: { signal?: AbortSignal }): Promise<Completion> {
    const { tokenizer, adapters, scheduler, vouchers, accounts } = this.#parts
    const model = this.#model(request.modelId)
    checkRequest(request)
    const prompt = this.#tokenize(request.prompt)
    const maxTokens = Math.min(request.maxTokens, this.#parts.contextLength - prompt.length)
    const payment = vouchers.verify(request.payment)

    const account = await this.#wait(accounts.open(payment.voucher.payer, model.modelId), signal)
    const reservation = this.#reserve(
      account,
      payment.voucher,
      priceOf(model.price, prompt.length, maxTokens),
    )
    try {
      await this.#expectDeposit(account, signal)
      const adapter = model.adapter === null ? null : await this.#wait(adapters.get(model.adapter), signal)
      const result = await scheduler.run({
        adapter,
        prompt,
        maxTokens,
        endOfText: tokenizer.endOfText,
        temperature: request.temperature ?? 0,
        seed: request.seed ?? '',
        ...(signal && { signal }),
      })
      return await this.#charge({ ...request, payment }, model, account, reservation, prompt, result)
    } finally {
      account.release(reservation)
    }
  }

  /** What the payer is asked to sign when an account is closed: exactly what was consumed. */
  async settlementRequest(modelId: number, payer: string): Promise<Voucher> {
    const account = await this.#parts.accounts.open(payer, this.#model(modelId).modelId)
    return { payer: account.payer, modelId, cumulative: account.consumed }
  }

  /** Takes an exact voucher, publishes its receipts, and keeps it for redemption. See `settle` for what it refuses. */
  settle(exact: SignedVoucher): Promise<Settlement> {
    return this.#accept(() => this.#settle(exact))
  }

  async #settle(exact: SignedVoucher): Promise<Settlement> {
    const { accounts, journal, content, domain, signer: server } = this.#parts
    const account = await this.#wait(accounts.open(exact.voucher.payer, exact.voucher.modelId))
    const settlement = await this.#wait(settle(account, exact, { server, domain, content }))
    await journal.append({ kind: 'settlement', settlement })
    accounts.addRedeemable(settlement)
    return settlement
  }

  /** Settlements that wait for redemption. */
  unredeemed(): Settlement[] {
    return this.#parts.accounts.unredeemed()
  }

  /** Redeems all that is settled, in the name of `contract`'s signer. See `redeem`. */
  async redeem(contract: InferencePayments): Promise<Redemption> {
    const redemption = await redeem(contract, this.unredeemed())
    for (const { payer, modelId, to } of [...redemption.alreadyPaid, ...redemption.redeemed]) {
      this.#parts.accounts.markRedeemed(payer, modelId, BigInt(to))
    }
    return redemption
  }

  /**
   * Takes nothing new, lets what runs or waits for a slot end, and closes decoder and journal. What still waits for the
   * chain or the content store ends in CLOSED.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#shutdown.abort()
    await Promise.allSettled(this.#accepted)
    await this.#parts.scheduler.close()
    await this.#parts.journal.close()
  }

  async #accept<T>(start: () => Promise<T>): Promise<T> {
    if (this.#closing) throw closed()
    const work = start()
    this.#accepted.add(work)
    try {
      return await work
    } finally {
      this.#accepted.delete(work)
    }
  }

  /** Waits for the chain or the content store, but not beyond an abort or the end of this server. */
  #wait<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const shutdown = { signal: this.#shutdown.signal, fault: closed }
    const abort = signal && { signal, fault: () => aborted(0n) }
    return unlessInterrupted(work, abort ? [abort, shutdown] : [shutdown])
  }

  #model(modelId: number): ServedModel {
    const { models } = this.#parts
    const model = models.get(modelId)
    if (model) return model
    const expected = `one of ${[...models.keys()].join(', ')}`
    throw new OpenLoraError(
      'UNKNOWN_MODEL',
      { what: 'this server does not serve the model', got: String(modelId), expected },
      { got: modelId, expected },
    )
  }

  /** Every text starts after an end of text, as in training; at least one token must fit behind it. */
  #tokenize(text: string): number[] {
    const { tokenizer, contextLength } = this.#parts
    const prompt = [tokenizer.endOfText, ...tokenizer.encode(text)]
    if (prompt.length < contextLength) return prompt
    throw new OpenLoraError(
      'PROMPT_TOO_LONG',
      {
        what: 'the prompt leaves no room for an answer',
        got: `${prompt.length} tokens`,
        expected: `at most ${contextLength - 1}`,
      },
      { got: prompt.length, expected: contextLength - 1 },
    )
  }

  #reserve(account: Account, voucher: Voucher, price: bigint): Reservation {
    expectCredit(account, price, this.#parts.creditLimit)
    return account.reserve(voucher.cumulative, price)
  }

  async #expectDeposit({ payer }: Account, signal: AbortSignal | undefined): Promise<void> {
    const deposit = await this.#wait(this.#parts.payments.depositOf(payer), signal)
    const needed = this.#parts.accounts.outstanding(payer)
    if (deposit >= needed) return
    throw new OpenLoraError(
      'DEPOSIT_TOO_LOW',
      {
        what: `the deposit of ${payer} does not cover what it owes with this request`,
        got: String(deposit),
        expected: `at least ${needed}`,
        fix: 'deposit more, or wait until running requests have ended',
      },
      { got: String(deposit), expected: String(needed) },
    )
  }

  async #charge(
    { requestId = randomUUID(), payment }: CompletionRequest,
    { modelId, adapter, price }: ServedModel,
    account: Account,
    reservation: Reservation,
    prompt: readonly number[],
    { promptTokensRead, outputTokens, stoppedBy }: DecodingResult,
  ): Promise<Completion> {
    if (promptTokensRead === 0) throw aborted(0n)
    const promptTokens = prompt.slice(0, promptTokensRead)
    const charged = priceOf(price, promptTokensRead, outputTokens.length)
    const consumption = { requestId, modelId, adapter, promptTokens, outputTokens, price: charged }
    const receipt = account.consume(reservation, consumption)
    const voucher = { cumulative: String(payment.voucher.cumulative), signature: payment.signature }
    await this.#parts.journal.append({ kind: 'receipt', payer: account.payer, voucher, receipt })
    if (stoppedBy === 'aborted') throw aborted(charged)
    const text = this.#parts.tokenizer.decode(outputTokens)
    return { requestId, text, receipt, promptTokens, outputTokens, stoppedBy }
  }
}

function closed(): OpenLoraError {
  return new OpenLoraError('CLOSED', { what: 'the server is closed' }, {})
}

function aborted(charged: bigint): OpenLoraError {
  return new OpenLoraError(
    'ABORTED',
    { what: `the caller aborted; ${charged} wei were charged for what the model had read and written` },
    { charged: String(charged) },
  )
}
