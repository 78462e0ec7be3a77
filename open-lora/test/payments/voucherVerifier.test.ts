import { expect } from 'chai'
import { Wallet } from 'ethers'
import { signVoucher } from '../../src/payments/voucher'
import { VoucherVerifier } from '../../src/payments/voucherVerifier'
import { expectFault } from '../expectFault'

const payer = new Wallet(`0x${'11'.repeat(32)}`)
const domain = { chainId: 31337n, payments: '0x5FbDB2315678afecb367f032d93F642f64180aa3' }

describe('VoucherVerifier', () => {
  const sign = (cumulative: bigint) =>
    signVoucher(payer, domain, { payer: payer.address, modelId: 1, cumulative })

  it('knows a good voucher again, and no other amount under its signature', async () => {
    const verifier = new VoucherVerifier(domain)
    const good = await sign(5n)
    const verified = verifier.verify(good)
    expect(verifier.verify({ ...good })).to.equal(verified)
    for (const changed of [{ cumulative: 6n }, { modelId: 2 }]) {
      const tampered = { ...good, voucher: { ...good.voucher, ...changed } }
      await expectFault(() => verifier.verify(tampered), 'WRONG_SIGNER')
    }
  })

  it('refuses a bad voucher every time', async () => {
    const verifier = new VoucherVerifier(domain)
    const bad = { ...(await sign(5n)), voucher: { payer: payer.address, modelId: 1, cumulative: 7n } }
    for (let time = 0; time < 2; time++) await expectFault(() => verifier.verify(bad), 'WRONG_SIGNER')
  })

  it('forgets the oldest beyond its memory', async () => {
    const verifier = new VoucherVerifier(domain, 2)
    const vouchers = await Promise.all([1n, 2n, 3n].map(sign))
    const verified = vouchers.map(voucher => verifier.verify(voucher))
    expect(verifier.verify(vouchers[2]!)).to.equal(verified[2])
    expect(verifier.verify(vouchers[0]!)).not.to.equal(verified[0])
  })
})
