import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type Signer, Signature, type TypedDataDomain, TypedDataEncoder, ZeroAddress } from 'ethers'

import type { TokenFixture, TokenUnderTest } from './tokenUnderTest'

const TYPES = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
}

interface Change {
  readonly signer?: Signer
  readonly domain?: TypedDataDomain
  readonly nonce?: bigint
  readonly deadline?: number
}

/** Alice's permit over 7 wei for Bob, signed, as the arguments of `permit`. */
async function signedPermit({ token, domain, alice, bob }: TokenUnderTest, change: Change = {}) {
  const deadline = change.deadline ?? (await time.latest()) + 60
  const nonce = change.nonce ?? (await token.nonces(alice))
  const message = { owner: alice.address, spender: bob.address, value: 7n, nonce, deadline }
  const signature = await (change.signer ?? alice).signTypedData(change.domain ?? domain, TYPES, message)
  const { v, r, s } = Signature.from(signature)
  return [alice.address, bob.address, 7n, deadline, v, r, s] as const
}

/** EIP-2612, as OpenZeppelin's ERC20Permit has it. */
export function shouldBehaveLikePermit(fixture: TokenFixture): void {
  describe('DOMAIN_SEPARATOR', () => {
    it('is that of the published domain', async () => {
      const { token, domain } = await loadFixture(fixture)
      expect(await token.DOMAIN_SEPARATOR()).to.equal(TypedDataEncoder.hashDomain(domain))
      expect(domain.chainId).to.equal(31337n)
      expect(domain.verifyingContract).to.equal(await token.getAddress())
    })

    it('publishes a domain of name, version, chain and contract, without extensions', async () => {
      const { token } = await loadFixture(fixture)
      const { fields, salt, extensions } = await token.eip712Domain()
      expect([fields, BigInt(salt), extensions.length]).to.deep.equal(['0x0f', 0n, 0])
    })
  })

  describe('permit', () => {
    it('approves by signature, says so, and counts the nonce', async () => {
      const given = await loadFixture(fixture)
      const { token, alice, bob, carol } = given
      expect(await token.nonces(alice)).to.equal(0n)
      await expect(token.connect(carol).permit(...(await signedPermit(given))))
        .to.emit(token, 'Approval')
        .withArgs(alice, bob, 7n)
      expect(await token.allowance(alice, bob)).to.equal(7n)
      expect(await token.nonces(alice)).to.equal(1n)
    })

    it('serves until the deadline itself', async () => {
      const given = await loadFixture(fixture)
      const deadline = (await time.latest()) + 10
      const permit = await signedPermit(given, { deadline })
      await time.setNextBlockTimestamp(deadline)
      await expect(given.token.permit(...permit)).to.emit(given.token, 'Approval')
    })

    describe('given a permit used before', () => {
      it('reverts with another signer', async () => {
        const given = await loadFixture(fixture)
        const permit = await signedPermit(given)
        await given.token.permit(...permit)
        await expect(given.token.permit(...permit)).to.be.revertedWithCustomError(
          given.errors,
          'ERC2612InvalidSigner',
        )
      })
    })

    describe('given a passed deadline', () => {
      it('reverts with the deadline', async () => {
        const given = await loadFixture(fixture)
        const deadline = await time.latest()
        await expect(given.token.permit(...(await signedPermit(given, { deadline }))))
          .to.be.revertedWithCustomError(given.errors, 'ERC2612ExpiredSignature')
          .withArgs(deadline)
      })
    })

    describe('given another signer', () => {
      it('reverts with signer and owner', async () => {
        const given = await loadFixture(fixture)
        await expect(given.token.permit(...(await signedPermit(given, { signer: given.bob }))))
          .to.be.revertedWithCustomError(given.errors, 'ERC2612InvalidSigner')
          .withArgs(given.bob, given.alice)
      })
    })

    describe('given a permit for another chain, contract or nonce', () => {
      it('reverts with another signer', async () => {
        const given = await loadFixture(fixture)
        const changes: Change[] = [
          { domain: { ...given.domain, chainId: 1n } },
          { domain: { ...given.domain, verifyingContract: given.bob.address } },
          { nonce: 1n },
        ]
        for (const change of changes) {
          await expect(
            given.token.permit(...(await signedPermit(given, change))),
          ).to.be.revertedWithCustomError(given.errors, 'ERC2612InvalidSigner')
        }
      })
    })

    describe('given no signature at all', () => {
      it('reverts even for the zero address, which recovery also gives for nonsense', async () => {
        const given = await loadFixture(fixture)
        const [, spender, value, deadline] = await signedPermit(given)
        const nothing = `0x${'00'.repeat(32)}`
        await expect(
          given.token.permit(ZeroAddress, spender, value, deadline, 27, nothing, nothing),
        ).to.be.revertedWithCustomError(given.errors, 'ECDSAInvalidSignature')
      })
    })
  })
}
