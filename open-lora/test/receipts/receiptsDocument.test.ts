import { expect } from 'chai'
import { Wallet } from 'ethers'
import type { Digest } from '@open-datanets/content-store'
import { emptyChain, headAfter, nextReceipt } from '../../src/receipts/receiptChain'
import type { Receipt } from '../../src/receipts/receipt'
import {
  signReceipts,
  verifyReceiptsDocument,
  type ReceiptsDocument,
} from '../../src/receipts/receiptsDocument'
import { expectFault } from '../expectFault'

const server = new Wallet(`0x${'33'.repeat(32)}`)
const payer = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const domain = { chainId: 31337n, payments: '0x5FbDB2315678afecb367f032d93F642f64180aa3' }
const adapter: Digest = `0x${'ab'.repeat(32)}`

function chainOf(prices: readonly bigint[], start = 500n): [Receipt, ...Receipt[]] {
  let head = emptyChain(start)
  const receipts = prices.map((price, index) => {
    const receipt = nextReceipt(head, {
      requestId: `request ${index}`,
      modelId: 2,
      adapter,
      promptTokens: [0, index],
      outputTokens: [7, 8],
      price,
    })
    head = headAfter(receipt)
    return receipt
  })
  return receipts as [Receipt, ...Receipt[]]
}

function sign(receipts: [Receipt, ...Receipt[]], from = 500n): Promise<ReceiptsDocument> {
  return signReceipts(server, domain, payer, from, receipts)
}

describe('receipts document', () => {
  it('adds up from the settled amount to the redeemed one and verifies', async () => {
    const document = await sign(chainOf([10n, 20n, 30n]))
    expect(document).to.include({
      from: '500',
      to: '560',
      server: server.address,
      payer,
      modelId: 2,
      chainId: 31337,
    })
    verifyReceiptsDocument(document)
  })

  it('verifies a later part of a chain alone', async () => {
    const [, second, third] = chainOf([10n, 20n, 30n])
    verifyReceiptsDocument(await sign([second!, third!], 510n))
  })

  it('verifies after a round trip through JSON', async () => {
    const document = await sign(chainOf([1n, 2n]))
    verifyReceiptsDocument(JSON.parse(JSON.stringify(document)))
  })

  describe('given a receipt that was changed', () => {
    const changes: Record<string, Partial<Receipt>> = {
      outputTokens: { outputTokens: [7, 9] },
      promptTokens: { promptTokens: [] },
      adapter: { adapter: null },
      requestId: { requestId: 'another' },
    }
    for (const [field, change] of Object.entries(changes)) {
      it(`names the digest when ${field} differ`, async () => {
        const document = await sign(chainOf([10n, 20n, 30n]))
        const receipts = document.receipts.map((receipt, i) =>
          i === 1 ? { ...receipt, ...change } : receipt,
        )
        const expected = { sequence: 1, field: 'digest' }
        await expectFault(() => verifyReceiptsDocument({ ...document, receipts }), 'RECEIPT_BROKEN', expected)
      })
    }

    it('names the cumulative amount when the price differs', async () => {
      const document = await sign(chainOf([10n, 20n, 30n]))
      const receipts = document.receipts.map((receipt, i) =>
        i === 1 ? { ...receipt, price: '21' } : receipt,
      )
      const expected = { sequence: 1, field: 'cumulative', got: '530', expected: '531' }
      await expectFault(() => verifyReceiptsDocument({ ...document, receipts }), 'RECEIPT_BROKEN', expected)
    })
  })

  it('notices a receipt that was left out', async () => {
    const document = await sign(chainOf([10n, 20n, 30n]))
    const receipts = document.receipts.filter((_, i) => i !== 1)
    const expected = { sequence: 2, field: 'sequence' }
    await expectFault(() => verifyReceiptsDocument({ ...document, receipts }), 'RECEIPT_BROKEN', expected)
  })

  it('notices a last receipt that was left out', async () => {
    const document = await sign(chainOf([10n, 20n, 30n]))
    const receipts = document.receipts.slice(0, 2)
    const expected = { sequence: 2, field: 'to', got: '530', expected: '560' }
    await expectFault(() => verifyReceiptsDocument({ ...document, receipts }), 'RECEIPT_BROKEN', expected)
  })

  it('notices a chain that was made anew without the key', async () => {
    const document = await sign(chainOf([10n, 20n, 30n]))
    const receipts = chainOf([10n, 25n, 25n])
    await expectFault(() => verifyReceiptsDocument({ ...document, receipts }), 'WRONG_SIGNER', {
      expected: server.address,
    })
  })

  it('notices a receipt of another model', async () => {
    const document = await sign(chainOf([10n]))
    await expectFault(() => verifyReceiptsDocument({ ...document, modelId: 3 }), 'RECEIPT_BROKEN', {
      field: 'modelId',
    })
  })
})
