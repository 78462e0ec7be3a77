import { expect } from 'chai'
import { flatPrice, readServedModels } from '../src'
import { expectFault } from './expectFault'
import { PRICE, startPaidSystem, type PaidSystem } from './paidSystem'

describe('readServedModels', () => {
  let paid: PaidSystem

  before(async () => {
    paid = await startPaidSystem()
  })
  after(() => paid?.anvil.stop())

  it('reads prices and adapters from the chain; the base has no adapter', async () => {
    const price = flatPrice(PRICE)
    expect(await readServedModels(paid.models, 1, [1, 3])).to.deep.equal([
      { modelId: 1, adapter: null, price },
      { modelId: 3, adapter: `0x${'3'.padStart(64, '0')}`, price },
    ])
  })

  it('refuses a model on another base', async () => {
    const data = { got: 'model 1', expected: 'model 2' }
    await expectFault(readServedModels(paid.models, 2, [2, 3]), 'BASE_MISMATCH', data)
  })
})
