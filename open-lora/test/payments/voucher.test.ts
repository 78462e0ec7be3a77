import { expect } from 'chai'
import { Signature, Wallet } from 'ethers'
import { signVoucher, verifyVoucher } from '../../src/payments/voucher'
import type { PaymentsDomain } from '../../src/paymentsDomain'
import { expectFault } from '../expectFault'

const payer = new Wallet(`0x${'11'.repeat(32)}`)
const thief = new Wallet(`0x${'22'.repeat(32)}`)
const domain: PaymentsDomain = { chainId: 31337n, payments: '0x5FbDB2315678afecb367f032d93F642f64180aa3' }
const voucher = { payer: payer.address, modelId: 3, cumulative: 1000n }

describe('verifyVoucher', () => {
  it('accepts what the payer signed, whatever the case of the address', async () => {
    const { signature } = await signVoucher(payer, domain, voucher)
    expect(() => verifyVoucher(domain, { voucher, signature })).not.to.throw()
    const lower = { ...voucher, payer: payer.address.toLowerCase() }
    expect(() => verifyVoucher(domain, { voucher: lower, signature })).not.to.throw()
  })

  it('returns a signature of 65 bytes, also for a compact one, which the contract would refuse', async () => {
    const { signature } = await signVoucher(payer, domain, voucher)
    const compact = Signature.from(signature).compactSerialized
    expect(verifyVoucher(domain, { voucher, signature: compact })).to.deep.equal({ voucher, signature })
  })

  it('refuses the signature of somebody else and names both', async () => {
    const { signature } = await signVoucher(thief, domain, voucher)
    const expected = { got: thief.address, expected: payer.address }
    await expectFault(() => verifyVoucher(domain, { voucher, signature }), 'WRONG_SIGNER', expected)
  })

  for (const [what, other] of Object.entries({
    chain: { ...domain, chainId: 1n },
    contract: { ...domain, payments: '0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512' },
  })) {
    it(`refuses a voucher for another ${what}`, async () => {
      const signed = await signVoucher(payer, other, voucher)
      await expectFault(() => verifyVoucher(domain, signed), 'WRONG_SIGNER', { expected: payer.address })
    })
  }

  it('refuses a voucher of which a field was changed', async () => {
    const { signature } = await signVoucher(payer, domain, voucher)
    for (const changed of [{ cumulative: 1001n }, { modelId: 4 }, { payer: thief.address }]) {
      const tampered = { voucher: { ...voucher, ...changed }, signature }
      await expectFault(() => verifyVoucher(domain, tampered), 'WRONG_SIGNER')
    }
  })

  it('refuses a payer that is not an address, and names the field', async () => {
    const { signature } = await signVoucher(payer, domain, voucher)
    const expected = 'an address: 0x and 40 hexadecimal digits'
    const miswritten = payer.address.replace(/[a-f]/, letter => letter.toUpperCase())
    for (const got of ['bob', '', payer.address.slice(0, -1), miswritten]) {
      const nameless = { voucher: { ...voucher, payer: got }, signature }
      const data = { field: 'payer', got, expected }
      await expectFault(() => verifyVoucher(domain, nameless), 'INVALID_REQUEST', data)
    }
  })

  it('refuses what is not a signature', async () => {
    for (const signature of ['0x', '0x1234', 'nonsense', `0x${'ff'.repeat(65)}`, `0x${'01'.repeat(64)}1b`]) {
      const work = () => verifyVoucher(domain, { voucher, signature })
      await expectFault(work, 'WRONG_SIGNER', { expected: payer.address })
    }
  })
})
