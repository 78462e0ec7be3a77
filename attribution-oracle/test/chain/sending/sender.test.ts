import { expect } from 'chai'
import { Transaction } from 'ethers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outbox, OutboxEntry } from '../../../src/domain'
import { AttributionOracleError } from '../../../src/errors'
import { memoryOutbox } from '../../../src/store'
import { faultOf, GWEI, IMPATIENT, PATIENT, SendingScene } from './scene'

const STALE = new AttributionOracleError(
  'STALE_ACTION',
  { what: 'the world has moved' },
  { action: 'pay', got: 'this', expected: 'that' },
)

describe('Sender', () => {
  let scene: SendingScene
  let outbox: Outbox
  const stored = async (action = 'pay'): Promise<OutboxEntry> => (await outbox.find(1, action))!

  before(async () => {
    scene = await SendingScene.start()
  })
  after(() => scene?.anvil.stop())
  beforeEach(async () => {
    outbox = memoryOutbox()
    await scene.newKey()
  })

  /** Signs and sends, or moves on what is there, and waits for nothing. */
  const once = (options = {}, more = {}): Promise<unknown> =>
    scene.sender(outbox, options).send(scene.plan(more))
  const waits = (options = {}, more = {}): Promise<unknown> => faultOf(once(options, more), 'RPC_FAILED')
  /** The same when a try had its time, by the rules of the impatient. */
  const push = async (options = {}, more = {}): Promise<void> => {
    await sleep(2)
    await waits(options, more)
  }

  describe('given nothing in the way', () => {
    it('keeps a transaction before it sends it, and says what it cost', async () => {
      await waits()
      const { tries, hash, sender, nonce } = await stored()
      expect([tries.length, sender, nonce]).to.deep.equal([1, scene.wallet.address, 0])
      expect(tries[0]!.maxFeePerGas).to.equal(Transaction.from(tries[0]!.raw).maxFeePerGas)
      await scene.mine()
      const sent = await scene.sender(outbox).send(scene.plan())
      expect([sent.hash, sent.sent, sent.gasUsed]).to.deep.equal([hash, false, 21_000n])
      const { receipt, state, final } = await stored()
      const inBlock = await scene.anvil.provider.getTransactionReceipt(hash)
      expect([receipt?.cost, state, final]).to.deep.equal([inBlock?.fee, 'mined', false])
      expect(scene.results()).to.deep.equal(['sent', 'mined'])
    })

    it('waits no longer than it may, and the next run goes on with the same bytes', async () => {
      const fault = await faultOf(once({ waitMs: 60 }), 'RPC_FAILED')
      expect([fault.data.cause, fault.retryable]).to.deep.equal(['not mined within 60 ms', true])
      const { hash } = await stored()
      const going = once({ waitMs: 60_000 })
      await scene.mine()
      expect(await going).to.deep.include({ hash })
    })

    it('stops when it is told to, before and while it waits', async () => {
      const stop = new AbortController()
      const sending = once({ signal: stop.signal, waitMs: 60_000 })
      setImmediate(() => stop.abort())
      await faultOf(sending, 'ABORTED')
      await faultOf(once({ signal: stop.signal }), 'ABORTED')
    })

    it('sends two actions of one key at nonces of their own, even at the same time', async () => {
      const sender = scene.sender(outbox)
      const both = ['pay', 'pay again'].map(action => sender.send(scene.plan({ action })))
      const faults = both.map(run => faultOf(run, 'RPC_FAILED'))
      await Promise.all(faults)
      expect([(await stored()).nonce, (await stored('pay again')).nonce].sort()).to.deep.equal([0, 1])
      await scene.mine()
      expect(await scene.paid()).to.equal(2n)
    })

    it('tells how nonces and balance stand', async () => {
      await waits()
      const { address } = scene.wallet
      expect(scene.events).to.deep.include({ kind: 'nonce', address, latest: 0, pending: 0 })
      expect(scene.events).to.deep.include({ kind: 'balance', address, wei: 10n ** 20n })
    })
  })

  describe('given a base fee', () => {
    it('above the cap, signs nothing and says so', async () => {
      await scene.raiseBaseFee(201n * GWEI)
      await scene.mine(1)
      const fault = await faultOf(once({ fees: { ...PATIENT, maxFeePerGas: 50n * GWEI } }), 'FEE_TOO_HIGH')
      expect(fault.data.expected).to.equal(String(50n * GWEI))
      expect(await outbox.find(1, 'pay')).to.equal(undefined)
      expect(await scene.paid()).to.equal(0n)
    })

    it('that jumps, replaces the transaction at its nonce, and only one of both is mined', async () => {
      await waits({ fees: IMPATIENT })
      await scene.raiseBaseFee(100n * GWEI)
      await scene.mine(1)
      expect((await stored()).state).to.equal('pending')
      await push({ fees: IMPATIENT })
      const { tries } = await stored()
      expect(tries.length).to.be.greaterThan(1)
      expect(new Set(tries.map(({ raw }) => Transaction.from(raw).nonce)).size).to.equal(1)
      await scene.mine(1)
      const sent = await scene.sender(outbox).send(scene.plan())
      expect(sent.hash).to.equal((await stored()).hash)
      expect(await scene.paid()).to.equal(1n)
      expect(scene.results()).to.include('replaced')
    })

    it('pays more for every replacement, never over the cap, and signs no more than it may', async () => {
      const fees = { ...IMPATIENT, maxFeePerGas: 8n * GWEI, attempts: 4 }
      await waits({ fees })
      for (let i = 0; i < 8; i++) await push({ fees })
      const offered = (await stored()).tries.map(({ raw }) => Transaction.from(raw))
      expect(offered.length).to.be.within(2, 4)
      for (const [i, { maxFeePerGas, maxPriorityFeePerGas }] of offered.entries()) {
        expect(maxFeePerGas! <= fees.maxFeePerGas && maxPriorityFeePerGas! <= maxFeePerGas!).to.equal(true)
        const before = offered[i - 1]
        if (before === undefined) continue
        expect(maxFeePerGas! * 10n >= before.maxFeePerGas! * 11n).to.equal(true)
        expect(maxPriorityFeePerGas! * 10n >= before.maxPriorityFeePerGas! * 11n).to.equal(true)
      }
    })
  })

  describe('given an outbox that a killed process left', () => {
    it('sends the same bytes again when the mempool forgot them', async () => {
      await waits()
      const { hash } = await stored()
      await scene.drop(hash)
      await push()
      await scene.mine()
      const sent = await scene.sender(outbox).send(scene.plan())
      expect([sent.hash, (await stored()).tries.length]).to.deep.equal([hash, 1])
    })

    it('finds out, on start, what was mined, superseded or forgotten', async () => {
      await waits()
      await waits({}, { action: 'superseded' })
      await waits({}, { action: 'forgotten' })
      await scene.drop((await stored('superseded')).hash)
      await scene.drop((await stored('forgotten')).hash)
      await scene.foreign(1, 5n)
      await scene.mine(1)
      await scene.mine(4)
      const left = await scene.sender(outbox).reconcile()
      expect([(await stored()).state, (await stored()).final]).to.deep.equal(['mined', true])
      expect((await stored('superseded')).state).to.equal('superseded')
      expect(left.map(({ action, state }) => [action, state])).to.deep.equal([['forgotten', 'pending']])
      await scene.mine()
      expect(await scene.anvil.provider.getTransactionReceipt((await stored('forgotten')).hash)).to.be.an(
        'object',
      )
    })

    it('puts a transaction that a reorganisation took out back into the mempool', async () => {
      await waits()
      const { provider } = scene.anvil
      const fork = (await provider.send('evm_snapshot', [])) as string
      await scene.mine()
      expect(await once()).to.deep.include({ sent: false })
      await provider.send('evm_revert', [fork])
      await push()
      expect((await stored()).state).to.equal('pending')
      await scene.mine()
      expect(await once()).to.deep.include({ hash: (await stored()).hash })
      expect((await stored()).tries.length).to.equal(1)
    })

    it('leaves the transaction of another key alone, and sends no second one', async () => {
      await waits()
      const first = scene.wallet
      await scene.newKey()
      await scene.drop((await stored()).hash)
      const fault = await faultOf(once(), 'WRONG_STATE')
      expect(fault.data.got).to.equal(first.address)
      expect((await stored()).tries.length).to.equal(1)
    })
  })

  describe('given a foreign transaction at the nonce', () => {
    it('sends anew only when that one is final', async () => {
      await waits()
      await scene.drop((await stored()).hash)
      await scene.foreign(0, 5n)
      await scene.mine(1)
      await push()
      expect([(await stored()).state, (await stored()).nonce]).to.deep.equal(['pending', 0])
      await scene.mine(4)
      await waits()
      expect((await stored()).nonce).to.equal(1)
      await scene.mine()
      await scene.sender(outbox).send(scene.plan())
      expect(await scene.paid()).to.equal(1n)
      expect(scene.results()).to.include('superseded')
    })

    it('queues behind one in the mempool rather than replacing it', async () => {
      const hash = await scene.foreign(0, 5n)
      await waits()
      expect((await stored()).nonce).to.equal(1)
      await scene.mine()
      expect(await scene.anvil.provider.getTransactionReceipt(hash)).to.be.an('object')
      expect(await once()).to.deep.include({ sent: false })
    })

    it('fills the nonce when that one is dropped, so that its own is mined', async () => {
      const hash = await scene.foreign(0, 5n)
      await waits()
      await scene.drop(hash)
      await scene.mine()
      await push()
      expect(await outbox.find(1, 'fill nonce 0')).to.equal(undefined)
      await push({ fees: IMPATIENT })
      expect((await stored('fill nonce 0')).nonce).to.equal(0)
      await scene.mine()
      expect(await once()).to.deep.include({ sent: false })
    })
  })

  describe('given an action that became pointless', () => {
    const pointless = { request: () => Promise.reject(STALE) }

    it('sends nothing when nothing was signed', async () => {
      await faultOf(once({}, pointless), 'STALE_ACTION')
      expect(await outbox.find(1, 'pay')).to.equal(undefined)
    })

    it('cancels the transaction at its nonce, and says why', async () => {
      await waits()
      await push({ fees: IMPATIENT }, pointless)
      const cancellation = Transaction.from((await stored()).tries.at(-1)!.raw)
      expect([cancellation.to, cancellation.value, cancellation.nonce]).to.deep.equal([
        scene.wallet.address,
        0n,
        0,
      ])
      await scene.mine()
      // a reorganisation could still bring the first one back: nothing else is sent
      await faultOf(once(), 'STALE_ACTION')
      expect((await stored()).state).to.equal('cancelled')
      expect(await scene.paid()).to.equal(0n)
      await scene.mine(3)
      await waits()
      await scene.mine()
      await once()
      expect(await scene.paid()).to.equal(1n)
    })

    it('cancels nothing when it is pointless because it is mined', async () => {
      await waits()
      await scene.mine()
      expect(await once({ fees: IMPATIENT }, pointless)).to.deep.include({ sent: false })
      expect((await stored()).tries.length).to.equal(1)
    })

    it('by what is signed, cancels it on start without a plan', async () => {
      const { provider } = scene.anvil
      // code that takes everything, and later nothing
      await provider.send('anvil_setCode', [scene.to, '0x00'])
      await waits()
      const { hash } = await stored()
      await provider.send('anvil_setCode', [scene.to, '0x5f5ffd'])
      await scene.drop(hash)
      await scene.sender(outbox).reconcile()
      expect((await stored()).tries.map(({ kind }) => kind)).to.deep.equal(['action', 'cancellation'])
      await provider.send('anvil_setCode', [scene.to, '0x'])
      await scene.mine()
      await scene.sender(outbox).reconcile()
      expect((await stored()).state).to.equal('cancelled')
    })
  })

  describe('given an action that says something else now', () => {
    it('replaces what is signed at its nonce', async () => {
      await waits({}, { subject: 'old' })
      const other = { subject: 'new', request: () => Promise.resolve({ to: scene.to, value: 3n }) }
      await push({}, other)
      await scene.mine()
      expect(await once({}, other)).to.deep.include({ sent: false })
      expect(await scene.paid()).to.equal(3n)
      expect((await stored()).tries.map(({ subject }) => subject)).to.deep.equal(['old', 'new'])
    })

    it('does not take the old one for it when that is mined', async () => {
      await waits({}, { subject: 'old' })
      await scene.mine()
      await faultOf(once({}, { subject: 'new' }), 'STALE_ACTION')
      expect((await stored()).tries.length).to.equal(1)
    })
  })

  it('says what is missing when the account cannot pay', async () => {
    await scene.anvil.provider.send('anvil_setBalance', [scene.wallet.address, '0x1'])
    const fault = await faultOf(once(), 'BALANCE_TOO_LOW')
    expect([fault.data.address, fault.data.got]).to.deep.equal([scene.wallet.address, '1 wei'])
    expect(await outbox.find(1, 'pay')).to.equal(undefined)
  })

  it('refuses rules by which nothing could be replaced', () => {
    expect(() => scene.sender(outbox, { fees: { ...PATIENT, bumpFactor: 1.05 } })).to.throw('bumpFactor')
  })
})
