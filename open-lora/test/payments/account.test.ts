import { expect } from 'chai'
import * as fc from 'fast-check'
import { Account } from '../../src/payments/account'
import { verifyChain, emptyChain } from '../../src/receipts/receiptChain'
import { expectFault } from '../expectFault'

const PAYER = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'

function consumption(price: bigint) {
  return { requestId: 'r', modelId: 1, adapter: null, promptTokens: [1], outputTokens: [2], price }
}

describe('Account', () => {
  describe('reserve', () => {
    it('accepts a voucher that covers exactly what the request may cost', () => {
      expect(new Account(PAYER, 1, 0n).reserve(100n, 100n).amount).to.equal(100n)
    })

    it('asks for what is consumed, reserved and requested together', async () => {
      const account = new Account(PAYER, 1, 1000n)
      account.consume(account.reserve(1100n, 100n), consumption(40n))
      account.reserve(1140n, 100n)
      const data = { got: '1239', expected: '1240', price: '100' }
      await expectFault(() => account.reserve(1239n, 100n), 'PAYMENT_REQUIRED', data)
      expect(account.reserve(1240n, 100n).amount).to.equal(100n)
    })

    it('refuses a voucher below an earlier one', async () => {
      const account = new Account(PAYER, 1, 0n)
      account.release(account.reserve(500n, 10n))
      await expectFault(() => account.reserve(499n, 10n), 'CUMULATIVE_FELL', { got: '499', expected: '500' })
    })

    it('refuses a voucher below what the chain has paid already', async () => {
      const account = new Account(PAYER, 1, 700n)
      await expectFault(() => account.reserve(699n, 1n), 'CUMULATIVE_FELL', { got: '699', expected: '700' })
    })

    it('leaves the account as it was when it refuses', async () => {
      const account = new Account(PAYER, 1, 0n)
      await expectFault(() => account.reserve(10n, 20n), 'PAYMENT_REQUIRED')
      expect(account.outstanding).to.equal(0n)
      account.reserve(5n, 5n)
    })
  })

  it('carries what was not consumed over to the next request', () => {
    const account = new Account(PAYER, 1, 0n)
    account.consume(account.reserve(100n, 100n), consumption(30n))
    expect(account.reserve(100n, 70n).amount).to.equal(70n)
  })

  it('finds the receipts of an exact amount, and none for an amount between two', () => {
    const account = new Account(PAYER, 1, 0n)
    for (const price of [10n, 20n, 30n]) account.consume(account.reserve(100n, price), consumption(price))
    expect(account.receiptsUpTo(30n).map(({ price }) => price)).to.deep.equal(['10', '20'])
    expect(account.receiptsUpTo(31n)).to.deep.equal([])
    account.settle(30n)
    expect(account.credit).to.equal(30n)
    expect(account.receiptsUpTo(60n).map(({ price }) => price)).to.deep.equal(['30'])
  })

  it('never consumes more than is promised, and its receipts always form a chain', () => {
    const request = fc.record({
      extra: fc.bigInt(0n, 50n),
      price: fc.bigInt(0n, 100n),
      part: fc.bigInt(0n, 100n),
    })
    fc.assert(
      fc.property(fc.bigInt(0n, 1000n), fc.array(request, { maxLength: 20 }), (start, requests) => {
        const account = new Account(PAYER, 1, start)
        let promised = start
        for (const { extra, price, part } of requests) {
          const voucher = promised + extra
          try {
            const reservation = account.reserve(voucher, price)
            promised = voucher
            account.consume(reservation, consumption((price * part) / 100n))
          } catch {
            expect(voucher < account.consumed + price).to.equal(true)
          }
          expect(account.consumed <= promised).to.equal(true)
        }
        const receipts = account.receiptsUpTo(account.consumed)
        expect(verifyChain(emptyChain(start), receipts)).to.deep.equal(account.head)
      }),
    )
  })
})
