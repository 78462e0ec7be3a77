import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openContentStore, type ContentStore, type Digest } from '@open-datanets/content-store'
import { parseEther, Wallet, type Signer } from 'ethers'
import {
  createServer,
  flatPrice,
  paymentsView,
  signVoucher,
  verifyReceiptsDocument,
  type Completion,
  type CompletionRequest,
  type OpenLora,
  type ServerDependencies,
  type ServedModel,
  type ServerOptions,
} from '../src'
import { ThreadDecoder } from '../src/decoding/threadDecoder'
import { FileJournal } from '../src/journal/fileJournal'
import { expectFault } from './expectFault'
import { PRICE, startPaidSystem, type PaidSystem } from './paidSystem'
import { baseDigest, config, lora, tinyAdapterFile, tinyWeights, tokenizer } from './tinyModels'

const signer = new Wallet(`0x${'77'.repeat(32)}`)
const weights = tinyWeights()
const AMPLE = parseEther('0.01')

/** A function that does not answer its first call; `asked` resolves when that has come. */
function silentOnce<A extends unknown[], R>(answer: (...args: A) => Promise<R>) {
  let resolve: () => void
  let isFirst = true
  const asked = new Promise<void>(done => (resolve = done))
  const once = (...args: A): Promise<R> => {
    if (!isFirst) return answer(...args)
    isFirst = false
    resolve()
    return new Promise(() => undefined)
  }
  return { asked, once }
}

/** The decoder's n-th step from now on waits for `release`; `reached` resolves when it has come. */
function holdStep(n: number) {
  const { prototype } = ThreadDecoder
  const step = Object.getOwnPropertyDescriptor(prototype, 'step')!.value as ThreadDecoder['step']
  let release!: () => void
  const released = new Promise<void>(resolve => (release = resolve))
  const reached = new Promise<void>(resolve => {
    let taken = 0
    prototype.step = async function (steps) {
      if (++taken === n) {
        prototype.step = step
        resolve()
        await released
      }
      return step.call(this, steps)
    }
  })
  return { reached, release }
}

describe('OpenLora', () => {
  let paid: PaidSystem
  let folder: string
  let content: ContentStore
  let models: ServedModel[]
  let server: OpenLora
  let journals = 0

  function options(changes: Partial<ServerOptions> = {}): ServerOptions {
    return {
      base: { digest: baseDigest, config, weights, tokenizer },
      models,
      slots: 8,
      lora,
      creditLimit: parseEther('1'),
      domain: paid.domain,
      journal: join(folder, `journal ${journals}.jsonl`),
      ...changes,
    }
  }

  function start(
    changes: Partial<ServerOptions> = {},
    dependencies: Partial<ServerDependencies> = {},
  ): Promise<OpenLora> {
    const payments = paymentsView(paid.payments)
    return createServer(options(changes), { content, payments, signer, ...dependencies })
  }

  /** A request with a voucher that covers it amply. */
  async function request(
    payer: Signer,
    changes: Partial<Omit<CompletionRequest, 'payment'>> & { cumulative?: bigint } = {},
  ): Promise<CompletionRequest> {
    const { cumulative = AMPLE, ...rest } = changes
    const wanted = { modelId: 2, prompt: 'function transfer', maxTokens: 8, ...rest }
    const voucher = { payer: await payer.getAddress(), modelId: wanted.modelId, cumulative }
    return { ...wanted, payment: await signVoucher(payer, paid.domain, voucher) }
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'open-lora-'))
    content = openContentStore(folder)
    paid = await startPaidSystem()
    const price = flatPrice(PRICE)
    models = [{ modelId: 1, adapter: null, price }]
    for (const modelId of [2, 3, 4]) {
      models.push({ modelId, adapter: await content.put(tinyAdapterFile(`model ${modelId}`)), price })
    }
  })
  after(async () => {
    await paid?.anvil.stop()
    await rm(folder, { recursive: true })
  })

  let snapshot: string
  beforeEach(async () => {
    snapshot = await paid.anvil.provider.send('evm_snapshot', [])
    journals++
    server = await start()
  })
  afterEach(async () => {
    await server.close()
    await paid.anvil.provider.send('evm_revert', [snapshot])
  })

  describe('complete', () => {
    it('answers, and charges exactly what was read and written', async () => {
      const [payer] = paid.payers as [Signer]
      const done = await server.complete(await request(payer))
      expect(done.outputTokens.length).to.be.within(1, 8)
      expect(done.promptTokens).to.deep.equal([tokenizer.endOfText, ...tokenizer.encode('function transfer')])
      expect(done.text).to.equal(tokenizer.decode(done.outputTokens))
      const tokens = BigInt(done.promptTokens.length + done.outputTokens.length)
      expect(done.receipt).to.include({ sequence: 0, modelId: 2, adapter: models[1]?.adapter })
      expect(done.receipt.price).to.equal(String(tokens * PRICE))
      expect(done.receipt.cumulative).to.equal(done.receipt.price)
    })

    it('gives a request the same tokens alone and among eight with different adapters', async () => {
      const [payer, other] = paid.payers as [Signer, Signer]
      for (const temperature of [0, 1]) {
        const one = { prompt: 'contract Token', maxTokens: 16, temperature, seed: 'same' }
        const alone = await server.complete(await request(payer, one))
        const others = await Promise.all(
          [1, 2, 3, 4, 1, 2, 3].map(modelId =>
            request(other, { modelId, prompt: `address ${modelId}`, temperature, seed: `${modelId}` }),
          ),
        )
        const own = await request(payer, one)
        const [beside] = await Promise.all([own, ...others].map(each => server.complete(each)))
        expect(beside?.outputTokens).to.deep.equal(alone.outputTokens)
        expect(alone.outputTokens.length).to.be.greaterThan(4)
      }
    })

    it('gives other tokens with another adapter, and with another seed', async () => {
      const [payer] = paid.payers as [Signer]
      const outputs = new Set<string>()
      for (const modelId of [1, 2, 3, 4]) {
        const done = await server.complete(await request(payer, { modelId, maxTokens: 16 }))
        outputs.add(done.outputTokens.join())
      }
      expect(outputs.size).to.equal(4)
      const seeded = ['a', 'b'].map(seed => request(payer, { seed, temperature: 2, maxTokens: 16 }))
      const [a, b] = await Promise.all(seeded.map(async each => server.complete(await each)))
      expect(a?.outputTokens).not.to.deep.equal(b?.outputTokens)
    })

    it('admits more requests than slots, each served as if alone', async () => {
      const [payer] = paid.payers as [Signer]
      const wanted = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          request(payer, { modelId: 1 + (i % 4), maxTokens: 1 + (i % 7), prompt: `uint256 ${i % 5}` }),
        ),
      )
      const together = await Promise.all(wanted.map(each => server.complete(each)))
      const alone: Completion[] = []
      for (const each of wanted) alone.push(await server.complete(each))
      expect(together.map(each => each.outputTokens)).to.deep.equal(alone.map(each => each.outputTokens))
      const sequences = together
        .filter(({ receipt }) => receipt.modelId === 1)
        .map(({ receipt }) => receipt.sequence)
      expect([...sequences].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 10 }, (_, i) => i))
    })

    it('does not let a refused request disturb the others', async () => {
      const [payer, poor] = paid.payers as [Signer, Signer]
      const good = await request(payer)
      const unpaid = await request(poor, { cumulative: 1n })
      const results = await Promise.allSettled(
        [good, unpaid, good, unpaid].map(each => server.complete(each)),
      )
      expect(results.map(({ status }) => status)).to.deep.equal([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
      ])
    })
  })

  describe('payment', () => {
    it('asks for the most that a request can cost, and not less', async () => {
      const [payer] = paid.payers as [Signer]
      const tokens = BigInt(1 + tokenizer.encode('function transfer').length + 8)
      const short = await request(payer, { cumulative: tokens * PRICE - 1n })
      const data = {
        got: String(tokens * PRICE - 1n),
        expected: String(tokens * PRICE),
        price: String(tokens * PRICE),
      }
      await expectFault(server.complete(short), 'PAYMENT_REQUIRED', data)
      await server.complete(await request(payer, { cumulative: tokens * PRICE }))
    })

    it('refuses a voucher that another key signed', async () => {
      const [payer, thief] = paid.payers as [Signer, Signer]
      const { payment, ...rest } = await request(thief)
      const stolen = { ...payment, voucher: { ...payment.voucher, payer: await payer.getAddress() } }
      await expectFault(server.complete({ ...rest, payment: stolen }), 'WRONG_SIGNER', {
        expected: await payer.getAddress(),
      })
    })

    it('refuses a falling voucher', async () => {
      const [payer] = paid.payers as [Signer]
      await server.complete(await request(payer))
      const falling = await request(payer, { cumulative: AMPLE - 1n })
      await expectFault(server.complete(falling), 'CUMULATIVE_FELL', { expected: String(AMPLE) })
    })

    it('refuses a voucher for another model', async () => {
      const [payer] = paid.payers as [Signer]
      const { payment } = await request(payer, { modelId: 3 })
      const crossed = { ...(await request(payer)), payment }
      await expectFault(server.complete(crossed), 'WRONG_MODEL', { got: 3, expected: 2 })
    })

    it('refuses to serve on a deposit that is too low, over all models of a payer', async () => {
      const pauper = paid.anvil.account(7)
      await expectFault(server.complete(await request(pauper)), 'DEPOSIT_TOO_LOW', { got: '0' })
      const { token, payments: inferencePayments } = paid
      await (await token.transfer(pauper.address, AMPLE)).wait()
      await (await token.connect(pauper).approve(inferencePayments, AMPLE)).wait()
      const price = BigInt(1 + tokenizer.encode('function transfer').length + 8) * PRICE
      await (await inferencePayments.connect(pauper).deposit(price)).wait()
      const both = await Promise.all([request(pauper, { modelId: 2 }), request(pauper, { modelId: 3 })])
      const results = await Promise.allSettled(both.map(each => server.complete(each)))
      expect(results.map(({ status }) => status)).to.include('rejected')
    })

    it('does not count on a deposit that is announced to be withdrawn', async () => {
      const [payer] = paid.payers as [Signer]
      await (await paid.payments.connect(payer).requestWithdrawal(parseEther('1'))).wait()
      await expectFault(server.complete(await request(payer)), 'DEPOSIT_TOO_LOW', { got: '0' })
    })

    it('asks for an exact voucher when the credit does not cover what a request may cost', async () => {
      const price = BigInt(1 + tokenizer.encode('function transfer').length + 8) * PRICE
      await server.close()
      server = await start({ creditLimit: price })
      const [payer] = paid.payers as [Signer]
      const { receipt } = await server.complete(await request(payer))
      const wanted = BigInt(receipt.price) + price
      const due = { got: String(wanted), expected: String(price), cumulative: receipt.cumulative }
      await expectFault(server.complete(await request(payer)), 'SETTLEMENT_DUE', due)
      await server.settle(
        await signVoucher(payer, paid.domain, await server.settlementRequest(2, await payer.getAddress())),
      )
      await server.complete(await request(payer))
    })

    it('gives no more credit to requests that run together than to one after the other', async () => {
      const price = BigInt(1 + tokenizer.encode('function transfer').length + 8) * PRICE
      await server.close()
      server = await start({ creditLimit: 2n * price + 1n })
      const [payer] = paid.payers as [Signer]
      const wanted = await request(payer)
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => server.complete(wanted)))
      const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
      expect(refused.map(({ code }) => code)).to.deep.equal(new Array(3).fill('CREDIT_EXCEEDED'))
      expect(refused[0].data).to.deep.equal({ got: String(3n * price), expected: String(2n * price + 1n) })
      const { cumulative } = await server.settlementRequest(2, await payer.getAddress())
      expect(cumulative <= 2n * price + 1n).to.equal(true)
    })

    it('names a payer that is not an address', async () => {
      const [payer] = paid.payers as [Signer]
      const { payment, ...rest } = await request(payer)
      const nameless = { ...payment, voucher: { ...payment.voucher, payer: 'bob' } }
      const fault = {
        field: 'payer',
        got: 'bob',
        expected: 'an address: 0x and 40 hexadecimal digits',
      }
      await expectFault(server.complete({ ...rest, payment: nameless }), 'INVALID_REQUEST', fault)
      await expectFault(server.settlementRequest(2, 'bob'), 'INVALID_REQUEST', fault)
      await expectFault(server.settle(nameless), 'INVALID_REQUEST', fault)
    })
  })

  describe('what cannot be served', () => {
    it('names the models that can', async () => {
      const [payer] = paid.payers as [Signer]
      const unknown = await request(payer, { modelId: 9 })
      await expectFault(server.complete(unknown), 'UNKNOWN_MODEL', { got: 9, expected: 'one of 1, 2, 3, 4' })
    })

    it('refuses a prompt without room for an answer, and charges nothing', async () => {
      const [payer] = paid.payers as [Signer]
      const long = await request(payer, { prompt: 'x'.repeat(200) })
      await expectFault(server.complete(long), 'PROMPT_TOO_LONG', { expected: config.contextLength - 1 })
      expect((await server.settlementRequest(2, await payer.getAddress())).cumulative).to.equal(0n)
    })

    it('ends at the context length', async () => {
      const [payer] = paid.payers as [Signer]
      const done = await server.complete(await request(payer, { maxTokens: 1000, modelId: 1 }))
      expect(done.stoppedBy).to.equal('contextLength')
      expect(done.promptTokens.length + done.outputTokens.length).to.equal(config.contextLength)
    })

    it('refuses an adapter of another base, and gives the reservation back', async () => {
      await server.close()
      const foreign = await content.put(tinyAdapterFile('foreign', { base: `0x${'cd'.repeat(32)}` }))
      server = await start({ models: [{ modelId: 2, adapter: foreign, price: flatPrice(PRICE) }] })
      const [payer] = paid.payers as [Signer]
      const data = { got: `0x${'cd'.repeat(32)}`, expected: baseDigest }
      const tokens = BigInt(1 + tokenizer.encode('function transfer').length + 8)
      const exact = await request(payer, { cumulative: tokens * PRICE })
      await expectFault(server.complete(exact), 'BASE_MISMATCH', data)
      await expectFault(server.complete(exact), 'BASE_MISMATCH', data)
    })

    for (const [field, value] of [
      ['maxTokens', 0],
      ['maxTokens', 1.5],
      ['temperature', -1],
      ['requestId', ''],
    ] as const) {
      it(`refuses ${field} ${value === '' ? 'empty' : value}`, async () => {
        const [payer] = paid.payers as [Signer]
        await expectFault(server.complete(await request(payer, { [field]: value })), 'INVALID_REQUEST', {
          field,
        })
      })
    }
  })

  describe('abort', () => {
    it('frees the slot, charges what was produced, and leaves the others alone', async () => {
      await server.close()
      server = await start({ slots: 1 })
      const [payer, other] = paid.payers as [Signer, Signer]
      const address = await payer.getAddress()
      const reference = await server.complete(await request(other, { maxTokens: 4 }))
      const controller = new AbortController()
      const { reached, release } = holdStep(5)
      const long = server.complete(await request(payer, { maxTokens: 25 }), { signal: controller.signal })
      await reached
      const next = server.complete(await request(other, { maxTokens: 4 }))
      controller.abort()
      release()
      const fault = await expectFault(long, 'ABORTED')
      expect((await next).outputTokens).to.deep.equal(reference.outputTokens)
      const { cumulative } = await server.settlementRequest(2, address)
      expect(fault.data.charged).to.equal(String(cumulative))
      expect(cumulative / PRICE).to.equal(5n)
    })

    it('charges nothing for a request that never reached a slot', async () => {
      await server.close()
      server = await start({ slots: 1 })
      const [payer, other] = paid.payers as [Signer, Signer]
      const controller = new AbortController()
      const first = server.complete(await request(other, { maxTokens: 20 }))
      const queued = server.complete(await request(payer), { signal: controller.signal })
      controller.abort()
      await expectFault(queued, 'ABORTED', { charged: '0' })
      await first
      expect((await server.settlementRequest(2, await payer.getAddress())).cumulative).to.equal(0n)
    })
  })

  describe('given that nobody answers', () => {
    /** Dependencies of which one does not answer when it is first asked. */
    const silences: Record<
      string,
      () => { asked: Promise<void>; dependencies: Partial<ServerDependencies> }
    > = {
      'what was redeemed': () => {
        const view = paymentsView(paid.payments)
        const { asked, once } = silentOnce(view.redeemed)
        return { asked, dependencies: { payments: { ...view, redeemed: once } } }
      },
      'the deposit': () => {
        const view = paymentsView(paid.payments)
        const { asked, once } = silentOnce(view.depositOf)
        return { asked, dependencies: { payments: { ...view, depositOf: once } } }
      },
      'the adapter': () => {
        const { asked, once } = silentOnce((digest: Digest) => content.get(digest))
        const { put, has } = content
        return { asked, dependencies: { content: { put, has, get: once } } }
      },
    }

    for (const [what, silence] of Object.entries(silences)) {
      it(`ends a request that asks for ${what} with its abort, and charges nothing`, async () => {
        await server.close()
        const { asked, dependencies } = silence()
        server = await start({}, dependencies)
        const [payer] = paid.payers as [Signer]
        const controller = new AbortController()
        const waiting = server.complete(await request(payer), { signal: controller.signal })
        await asked
        controller.abort()
        await expectFault(waiting, 'ABORTED', { charged: '0' })
      })

      it(`closes while a request asks for ${what}`, async () => {
        await server.close()
        const { asked, dependencies } = silence()
        server = await start({}, dependencies)
        const [payer] = paid.payers as [Signer]
        const waiting = server.complete(await request(payer))
        await asked
        await Promise.all([expectFault(waiting, 'CLOSED'), server.close()])
      })
    }

    it('gives the reservation of an aborted request back', async () => {
      await server.close()
      const { asked, dependencies } = silences['the deposit']!()
      const price = BigInt(1 + tokenizer.encode('function transfer').length + 8) * PRICE
      server = await start({ creditLimit: price }, dependencies)
      const [payer] = paid.payers as [Signer]
      const wanted = await request(payer, { cumulative: price })
      const controller = new AbortController()
      const waiting = server.complete(wanted, { signal: controller.signal })
      await asked
      controller.abort()
      await expectFault(waiting, 'ABORTED')
      await server.complete(wanted)
    })

    it('closes while a settlement stores its receipts', async () => {
      await server.close()
      const { asked, once } = silentOnce((bytes: Uint8Array) => content.put(bytes))
      server = await start({}, { content: { put: once, get: content.get, has: content.has } })
      const [payer] = paid.payers as [Signer]
      await server.complete(await request(payer))
      const exact = await server.settlementRequest(2, await payer.getAddress())
      const waiting = server.settle(await signVoucher(payer, paid.domain, exact))
      await asked
      await Promise.all([expectFault(waiting, 'CLOSED'), server.close()])
      server = await start()
      await server.settle(await signVoucher(payer, paid.domain, exact))
    })
  })

  it('refuses what does not fit into the queue and serves the rest', async () => {
    await server.close()
    server = await start({ slots: 1, queueLimit: 2 })
    const [payer] = paid.payers as [Signer]
    const wanted = await request(payer, { maxTokens: 4 })
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => server.complete(wanted)))
    const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : []))
    expect(refused.length).to.be.within(1, 3)
    expect(new Set(refused)).to.deep.equal(new Set(['QUEUE_FULL']))
  })

  it('takes nothing after close, and ends what runs before', async () => {
    const [payer] = paid.payers as [Signer]
    await server.close()
    const view = paymentsView(paid.payments)
    let answered: () => void = () => undefined
    const hasDeposit = new Promise<void>(resolve => (answered = resolve))
    const depositOf = (address: string) => view.depositOf(address).finally(() => answered())
    server = await start({}, { payments: { ...view, depositOf } })
    const running = server.complete(await request(payer, { modelId: 1 }))
    await hasDeposit
    // The base needs no adapter: in the next turn the request stands in the queue.
    await new Promise(setImmediate)
    const closing = server.close()
    expect((await running).outputTokens).not.to.deep.equal([])
    await closing
    await expectFault(server.complete(await request(payer)), 'CLOSED')
    server = await start()
  })

  describe('settlement and redemption', () => {
    it('moves exactly what the receipts say, and is split by the contract', async () => {
      const inferencePayments = paid.payments
      const payers = paid.payers.slice(0, 2)
      const consumed = new Map<string, bigint>()
      for (const payer of payers) {
        for (const modelId of [1, 2]) {
          const wanted = await request(payer, { modelId })
          const done = await Promise.all([server.complete(wanted), server.complete(wanted)])
          const sum = done.reduce((total, { receipt }) => total + BigInt(receipt.price), 0n)
          const address = await payer.getAddress()
          consumed.set(`${address} ${modelId}`, sum)
          const exact = await server.settlementRequest(modelId, address)
          expect(exact.cumulative).to.equal(sum)
          const settlement = await server.settle(await signVoucher(payer, paid.domain, exact))
          const document = JSON.parse(Buffer.from(await content.get(settlement.receiptsDigest)).toString())
          verifyReceiptsDocument(document)
          expect(document).to.include({ from: '0', to: String(sum), payer: address, modelId })
        }
      }
      expect(server.unredeemed()).to.have.length(4)
      const before = await inferencePayments.depositOf(payers[0] as Signer)
      const redemption = await server.redeem(inferencePayments)

      const total = [...consumed.values()].reduce((sum, amount) => sum + amount, 0n)
      expect(redemption.amount).to.equal(total)
      expect(redemption.transactions).to.have.length(1)
      for (const [key, amount] of consumed) {
        const [address, modelId] = key.split(' ') as [string, string]
        expect(await inferencePayments.redeemed(address, Number(modelId))).to.equal(amount)
      }
      const ofFirst = [...consumed.values()].slice(0, 2).reduce((sum, amount) => sum + amount, 0n)
      expect(await inferencePayments.depositOf(payers[0] as Signer)).to.equal(before - ofFirst)
      const events = await inferencePayments.queryFilter(inferencePayments.filters.VoucherRedeemed())
      const digests = redemption.redeemed.map(({ receiptsDigest }) => receiptsDigest)
      expect(events.map(({ args }) => args.receiptsDigest)).to.deep.equal(digests)

      await (await inferencePayments.tally([1, 2])).wait()
      let owed = (await inferencePayments.owedProtocol()) + (await inferencePayments.owedStakers())
      for (const modelId of [1, 2]) {
        const { contributors, owner } = await inferencePayments.owed(modelId)
        owed += contributors + owner
      }
      // what the floors hold back counts for the next payment: at most 3 wei a model, and 1 a lineage step
      expect(Number(total - owed)).to.be.within(0, 8)
      expect(server.unredeemed()).to.deep.equal([])
      expect((await server.redeem(inferencePayments)).transactions).to.deep.equal([])
    })

    it('goes on where it stood after a restart: receipts, settlements, and nothing is redeemed twice', async () => {
      const inferencePayments = paid.payments
      const [payer] = paid.payers as [Signer]
      const address = await payer.getAddress()
      const first = await server.complete(await request(payer))
      await server.settle(await signVoucher(payer, paid.domain, await server.settlementRequest(2, address)))
      const second = await server.complete(await request(payer))
      const open = server.unredeemed()
      await server.close()

      server = await start()
      expect(server.unredeemed()).to.deep.equal(open)
      expect((await server.settlementRequest(2, address)).cumulative).to.equal(
        BigInt(second.receipt.cumulative),
      )
      const third = await server.complete(await request(payer))
      expect(third.receipt).to.include({ sequence: 2, previous: second.receipt.digest })
      await server.settle(await signVoucher(payer, paid.domain, await server.settlementRequest(2, address)))
      const redemption = await server.redeem(inferencePayments)
      expect(redemption.redeemed.map(({ from }) => from)).to.deep.equal(['0', first.receipt.cumulative])
      await server.close()

      server = await start()
      expect((await server.redeem(inferencePayments)).transactions).to.deep.equal([])
      expect(await inferencePayments.redeemed(address, 2)).to.equal(BigInt(third.receipt.cumulative))
      await server.complete(await request(payer))
    })

    it('refuses a settlement voucher that is not exact', async () => {
      const [payer] = paid.payers as [Signer]
      const { receipt } = await server.complete(await request(payer))
      const voucher = { payer: await payer.getAddress(), modelId: 2, cumulative: BigInt(receipt.price) + 1n }
      const data = { got: String(voucher.cumulative), expected: receipt.price }
      await expectFault(server.settle(await signVoucher(payer, paid.domain, voucher)), 'NOT_EXACT', data)
    })

    it('redeems a settlement only when it is in the journal', async () => {
      const [payer] = paid.payers as [Signer]
      await server.complete(await request(payer))
      const exact = await server.settlementRequest(2, await payer.getAddress())
      const voucher = await signVoucher(payer, paid.domain, exact)
      const whenAppended: number[] = []
      const { append } = FileJournal.prototype
      FileJournal.prototype.append = function (entry) {
        whenAppended.push(server.unredeemed().length)
        return append.call(this, entry)
      }
      try {
        await server.settle(voucher)
      } finally {
        FileJournal.prototype.append = append
      }
      expect(whenAppended).to.deep.equal([0])
      expect(server.unredeemed()).to.have.length(1)
    })

    it('settles once what two exact vouchers come for together', async () => {
      const [payer] = paid.payers as [Signer]
      await server.complete(await request(payer))
      const exact = await server.settlementRequest(2, await payer.getAddress())
      const voucher = await signVoucher(payer, paid.domain, exact)
      const results = await Promise.allSettled([server.settle(voucher), server.settle(voucher)])
      expect(results.map(({ status }) => status)).to.have.members(['fulfilled', 'rejected'])
      expect(server.unredeemed()).to.have.length(1)
    })

    it('has nothing to settle before anything is consumed', async () => {
      const [payer] = paid.payers as [Signer]
      const exact = await server.settlementRequest(2, await payer.getAddress())
      await expectFault(server.settle(await signVoucher(payer, paid.domain, exact)), 'NOTHING_TO_SETTLE')
    })

    it('leaves out what somebody else redeemed or a deposit does not cover, and redeems the rest', async () => {
      const { payments, token } = paid
      const [payer, other] = paid.payers as [Signer, Signer]
      const poor = paid.anvil.account(8)
      await (await token.transfer(poor.address, AMPLE)).wait()
      await (await token.connect(poor).approve(payments, AMPLE)).wait()
      await (await payments.connect(poor).deposit(AMPLE)).wait()

      for (const each of [payer, poor, other]) {
        await server.complete(await request(each))
        const exact = await server.settlementRequest(2, await each.getAddress())
        await server.settle(await signVoucher(each, paid.domain, exact))
      }
      const { payment } = await request(payer, { cumulative: 5n })
      await (await payments.redeem(payment.voucher, payment.signature, `0x${'01'.repeat(32)}`)).wait()
      const elsewhere = await request(poor, { modelId: 4, cumulative: AMPLE })
      await (
        await payments.redeem(elsewhere.payment.voucher, elsewhere.payment.signature, `0x${'02'.repeat(32)}`)
      ).wait()

      const { redeemed, skipped } = await server.redeem(payments)
      expect(redeemed.map(settlement => settlement.payer)).to.deep.equal([await other.getAddress()])
      expect(skipped.map(({ fault }) => fault.code)).to.deep.equal(['SETTLEMENT_GAP', 'DEPOSIT_TOO_LOW'])
      expect(skipped[0]?.fault.data).to.deep.equal({ got: '5', expected: '0' })
      expect(server.unredeemed().map(settlement => settlement.payer)).to.deep.equal([
        await payer.getAddress(),
        poor.address,
      ])
    })
  })
})
