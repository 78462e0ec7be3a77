import { expect } from 'chai'
import { Wallet, ZeroHash } from 'ethers'
import {
  canonicalBytes,
  sha256,
  type Digest,
  type Receipt,
  type ReceiptsDocument,
  type Redemption,
} from '../../src/domain'
import { receiptsFault } from '../../src/pipeline/receipts'

const server = new Wallet(`0x${'42'.repeat(32)}`)
const PAYER = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const PAYMENTS = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const where = { chainId: 31337, payments: PAYMENTS }
const redemption: Redemption = {
  payer: PAYER,
  modelId: 2,
  amount: 30n,
  cumulative: 130n,
  receiptsDigest: ZeroHash as Digest,
  blockNumber: 9,
}

type Unsigned = Omit<ReceiptsDocument, 'signature'>

const withDigest = (receipt: Omit<Receipt, 'digest'>): Receipt => ({
  ...receipt,
  digest: sha256(canonicalBytes(receipt)),
})

/** Two receipts, of 10 and 20, that continue a chain at sequence 4 from 100 on. */
function honest(): Unsigned {
  const base = { modelId: 2, adapter: null, promptTokens: [1, 2], outputTokens: [3] }
  const first = withDigest({
    ...base,
    sequence: 4,
    requestId: 'a',
    price: 10n,
    cumulative: 110n,
    previous: `0x${'07'.repeat(32)}`,
  })
  const second = withDigest({
    ...base,
    sequence: 5,
    requestId: 'b',
    price: 20n,
    cumulative: 130n,
    previous: first.digest,
  })
  return {
    format: 'open-datanets/receipts',
    version: 1,
    chainId: 31337,
    payments: PAYMENTS,
    modelId: 2,
    payer: PAYER,
    server: server.address,
    from: 100n,
    to: 130n,
    receipts: [first, second],
  }
}

async function faultOf(change: (document: Unsigned) => void, signer = server): Promise<string | undefined> {
  const document = honest()
  change(document)
  const signature = await signer.signMessage(Buffer.from(sha256(canonicalBytes(document)).slice(2), 'hex'))
  return receiptsFault({ ...document, signature }, redemption, where)
}

/** Receipts whose content was changed and hashed again, so that only the named rule is broken. */
const rehashed = (document: Unsigned, at: number, change: Partial<Receipt>): void => {
  const { digest: _, ...content } = { ...document.receipts[at]!, ...change }
  document.receipts[at] = withDigest(content)
}

describe('receiptsFault', () => {
  it('accepts receipts that explain their redemption', async () => {
    expect(await faultOf(() => undefined)).to.equal(undefined)
  })

  it('refuses receipts of another chain, contract, model or payer', async () => {
    expect(await faultOf(d => (d.chainId = 1))).to.equal('OTHER_CHAIN')
    expect(await faultOf(d => (d.payments = PAYER))).to.equal('OTHER_CHAIN')
    expect(await faultOf(d => (d.modelId = 3))).to.equal('OTHER_MODEL 3')
    expect(await faultOf(d => (d.payer = PAYMENTS))).to.equal('OTHER_PAYER')
  })

  it('refuses receipts that explain another amount', async () => {
    expect(await faultOf(d => (d.to = 131n))).to.equal('OTHER_END 131')
    expect(await faultOf(d => (d.from = 99n))).to.equal('OTHER_START 99')
  })

  it('refuses a broken chain', async () => {
    expect(await faultOf(d => (d.receipts[0]!.promptTokens = [9]))).to.equal('RECEIPT_DIGEST 4')
    expect(await faultOf(d => rehashed(d, 1, { previous: ZeroHash as Digest }))).to.equal(
      'RECEIPT_PREVIOUS 5',
    )
    expect(await faultOf(d => rehashed(d, 1, { sequence: 6 }))).to.equal('RECEIPT_SEQUENCE 6')
    expect(await faultOf(d => rehashed(d, 1, { price: 21n }))).to.equal('RECEIPT_CUMULATIVE 5')
    expect(await faultOf(d => rehashed(d, 1, { modelId: 1 }))).to.equal('RECEIPT_MODEL 5')
    expect(await faultOf(d => void d.receipts.pop())).to.equal('RECEIPTS_SUM 110')
  })

  it('refuses a signature by somebody else, and what is no signature', async () => {
    expect(await faultOf(() => undefined, new Wallet(`0x${'43'.repeat(32)}`))).to.equal('OTHER_SIGNER')
    expect(receiptsFault({ ...honest(), signature: '0x00' }, redemption, where)).to.equal('OTHER_SIGNER')
  })
})
