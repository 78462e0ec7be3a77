import { expect } from 'chai'
import { Account } from '../../src/payments/account'
import { expectCredit } from '../../src/payments/creditLimit'
import { expectFault } from '../expectFault'

const PAYER = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'

/** An account that has consumed 40 wei, has 30 more reserved, and was paid 1000 before. */
function busyAccount(): Account {
  const account = new Account(PAYER, 1, 1000n)
  const consumption = { requestId: 'r', modelId: 1, adapter: null, promptTokens: [1], outputTokens: [2] }
  account.consume(account.reserve(1040n, 40n), { ...consumption, price: 40n })
  account.reserve(1070n, 30n)
  return account
}

describe('expectCredit', () => {
  it('counts what is consumed, reserved and requested', async () => {
    expectCredit(busyAccount(), 30n, 100n)
    const data = { got: '101', expected: '100', cumulative: '1040' }
    await expectFault(() => expectCredit(busyAccount(), 31n, 100n), 'SETTLEMENT_DUE', data)
  })

  it('asks for no settlement where that would not make room', async () => {
    await expectFault(() => expectCredit(busyAccount(), 71n, 100n), 'CREDIT_EXCEEDED', {
      got: '101',
      expected: '100',
    })
    const account = busyAccount()
    account.settle(1040n)
    expectCredit(account, 70n, 100n)
    expect(account.credit).to.equal(0n)
  })
})
