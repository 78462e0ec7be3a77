import { expect } from 'chai'
import { Wallet } from 'ethers'
import { Sender } from '../../src/chain/sender'
import type { Outbox, OutboxEntry } from '../../src/domain'
import { isFault } from '../../src/errors'
import { startAnvil, type Anvil } from '../scene/anvil'

describe('Sender, given a transaction that is not mined', () => {
  let anvil: Anvil
  let wallet: Wallet
  let entry: OutboxEntry | undefined
  const outbox: Outbox = {
    find: () => Promise.resolve(entry),
    record: async recorded => void (entry = recorded),
    discard: async () => void (entry = undefined),
  }
  const plan = {
    epoch: 1,
    action: 'pay',
    request: () => Promise.resolve({ to: anvil.account(1).address, value: 1n }),
  }
  const faultOf = (sent: Promise<unknown>): Promise<unknown> => sent.catch((error: unknown) => error)

  before(async () => {
    anvil = await startAnvil()
    wallet = new Wallet(anvil.account(0).privateKey, anvil.provider)
    await anvil.provider.send('evm_setAutomine', [false])
  })
  after(() => anvil?.stop())

  it('waits no longer than it may, and the next run goes on with the same bytes', async () => {
    const fault = await faultOf(new Sender(anvil.provider, wallet, outbox, { waitMs: 60 }).send(plan))
    expect(isFault(fault, 'RPC_FAILED') && [fault.data.cause, fault.retryable]).to.deep.equal([
      'not mined within 60 ms',
      true,
    ])
    expect(entry?.nonce).to.equal(0)
  })

  it('stops when it is told to, before and while it waits', async () => {
    const stop = new AbortController()
    const sending = new Sender(anvil.provider, wallet, outbox, { signal: stop.signal }).send(plan)
    setImmediate(() => stop.abort())
    expect(isFault(await faultOf(sending), 'ABORTED')).to.equal(true)
  })

  it('finds it when it is mined after all', async () => {
    await anvil.provider.send('evm_mine', [])
    const { hash } = entry!
    const sent = await new Sender(anvil.provider, wallet, outbox).send(plan)
    expect([sent.hash, sent.sent]).to.deep.equal([hash, false])
    expect(await anvil.provider.getTransactionCount(wallet.address)).to.equal(1)
  })
})
