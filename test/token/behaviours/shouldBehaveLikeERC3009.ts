import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type Signer, Signature, type TypedDataDomain, ZeroAddress, id, zeroPadValue } from 'ethers'

import type { TokenFixture, TokenUnderTest } from './tokenUnderTest'

const FIELDS = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
]
const CANCEL_TYPES = {
  CancelAuthorization: [
    { name: 'authorizer', type: 'address' },
    { name: 'nonce', type: 'bytes32' },
  ],
}
const NONCE = id('a random nonce')
const AMOUNT = 25n

type Verb = 'transferWithAuthorization' | 'receiveWithAuthorization'
type Type = 'TransferWithAuthorization' | 'ReceiveWithAuthorization'
const TYPE_OF: Record<Verb, Type> = {
  transferWithAuthorization: 'TransferWithAuthorization',
  receiveWithAuthorization: 'ReceiveWithAuthorization',
}

/** The standard names no errors, so each token brings the names of its own. */
export interface AuthorizationErrors {
  readonly notYetValid: string
  readonly expired: string
  readonly used: string
  readonly invalidSigner: string
  readonly notPayee: string
}

interface Change {
  readonly type?: Type
  readonly signer?: Signer
  readonly domain?: TypedDataDomain
  readonly from?: string
  readonly to?: string
  readonly value?: bigint
  readonly validAfter?: number
  readonly validBefore?: number
  readonly nonce?: string
}

/** The holder's authorization of 25 wei to Bob, signed, as the arguments of both verbs. */
async function authorization(given: TokenUnderTest, type: Type, change: Change = {}) {
  const message = {
    from: change.from ?? given.holder.address,
    to: change.to ?? given.bob.address,
    value: change.value ?? AMOUNT,
    validAfter: change.validAfter ?? 0,
    validBefore: change.validBefore ?? (await time.latest()) + 3600,
    nonce: change.nonce ?? NONCE,
  }
  const signer = change.signer ?? given.holder
  const signed = await signer.signTypedData(change.domain ?? given.domain, { [type]: FIELDS }, message)
  const { v, r, s } = Signature.from(signed)
  const { from, to, value, validAfter, validBefore, nonce } = message
  return [from, to, value, validAfter, validBefore, nonce, v, r, s] as const
}

async function cancellation(
  { domain, holder }: TokenUnderTest,
  { signer = holder, nonce = NONCE }: { readonly signer?: Signer; readonly nonce?: string } = {},
) {
  const message = { authorizer: holder.address, nonce }
  const { v, r, s } = Signature.from(await signer.signTypedData(domain, CANCEL_TYPES, message))
  return [holder.address, nonce, v, r, s] as const
}

/** EIP-3009 with cancellation; `names` are the token's own errors. */
export function shouldBehaveLikeERC3009(fixture: TokenFixture, names: AuthorizationErrors): void {
  moving(fixture, names, 'transferWithAuthorization')
  moving(fixture, names, 'receiveWithAuthorization')

  describe('transferWithAuthorization', () => {
    it('may be sent by anyone', async () => {
      const given = await loadFixture(fixture)
      const signed = await authorization(given, 'TransferWithAuthorization')
      await expect(
        given.token.connect(given.carol).transferWithAuthorization(...signed),
      ).to.changeTokenBalances(given.token, [given.holder, given.bob, given.carol], [-AMOUNT, AMOUNT, 0n])
    })
  })

  describe('receiveWithAuthorization', () => {
    describe('given a caller that is not the payee', () => {
      it('reverts, so that nobody can use it up before the payee does', async () => {
        const given = await loadFixture(fixture)
        const { token, errors, bob, carol } = given
        const signed = await authorization(given, 'ReceiveWithAuthorization')
        const early = token.connect(carol).receiveWithAuthorization(...signed)
        await expect(early).to.be.revertedWithCustomError(errors, names.notPayee)
        const other = await authorization(given, 'TransferWithAuthorization')
        const wrongVerb = [...signed.slice(0, 6), ...other.slice(6)] as unknown as typeof signed
        await expect(token.connect(bob).receiveWithAuthorization(...wrongVerb)).to.be.revertedWithCustomError(
          errors,
          names.invalidSigner,
        )
        await expect(token.connect(carol).transferWithAuthorization(...signed)).to.be.revertedWithCustomError(
          errors,
          names.invalidSigner,
        )
        await expect(token.connect(bob).receiveWithAuthorization(...signed)).to.emit(token, 'Transfer')
      })
    })
  })

  cancelling(fixture, names)
}

function moving(fixture: TokenFixture, names: AuthorizationErrors, verb: Verb): void {
  const type = TYPE_OF[verb]
  const attempt = (given: TokenUnderTest, signed: Awaited<ReturnType<typeof authorization>>) =>
    given.token.connect(given.bob)[verb](...signed)

  describe(verb, () => {
    it('moves the tokens, says so, and marks the nonce', async () => {
      const given = await loadFixture(fixture)
      const { token, holder, bob } = given
      expect(await token.authorizationState(holder, NONCE)).to.equal(false)
      const sending = attempt(given, await authorization(given, type))
      await expect(sending).to.changeTokenBalances(token, [holder, bob], [-AMOUNT, AMOUNT])
      await expect(sending).to.emit(token, 'AuthorizationUsed').withArgs(holder, NONCE)
      await expect(sending).to.emit(token, 'Transfer').withArgs(holder, bob, AMOUNT)
      expect(await token.authorizationState(holder, NONCE)).to.equal(true)
      expect(await token.authorizationState(bob, NONCE)).to.equal(false)
      expect(await token.nonces(holder)).to.equal(0n)
    })

    it('takes nonces in any order', async () => {
      const given = await loadFixture(fixture)
      for (const number of ['0x09', '0x00', '0x05']) {
        const nonce = zeroPadValue(number, 32)
        await expect(attempt(given, await authorization(given, type, { nonce }))).to.emit(
          given.token,
          'AuthorizationUsed',
        )
      }
    })

    it('moves votes too', async () => {
      const given = await loadFixture(fixture)
      await given.token.connect(given.bob).delegate(given.carol)
      await attempt(given, await authorization(given, type))
      expect(await given.token.getVotes(given.carol)).to.equal(AMOUNT)
    })

    describe('given a time outside the window', () => {
      it('reverts at validAfter itself', async () => {
        const given = await loadFixture(fixture)
        const validAfter = (await time.latest()) + 10
        const signed = await authorization(given, type, { validAfter })
        await time.setNextBlockTimestamp(validAfter)
        await expect(attempt(given, signed)).to.be.revertedWithCustomError(given.errors, names.notYetValid)
        await time.setNextBlockTimestamp(validAfter + 1)
        await expect(attempt(given, signed)).to.emit(given.token, 'Transfer')
      })

      it('reverts at validBefore itself', async () => {
        const given = await loadFixture(fixture)
        const validBefore = (await time.latest()) + 10
        const signed = await authorization(given, type, { validBefore })
        const second = await authorization(given, type, { validBefore, nonce: id('second') })
        await time.setNextBlockTimestamp(validBefore - 1)
        await expect(attempt(given, signed)).to.emit(given.token, 'Transfer')
        await time.setNextBlockTimestamp(validBefore)
        await expect(attempt(given, second)).to.be.revertedWithCustomError(given.errors, names.expired)
      })
    })

    describe('given a nonce used before', () => {
      it('reverts, whichever verb used it', async () => {
        const given = await loadFixture(fixture)
        const { token, errors, bob } = given
        const receive = await authorization(given, 'ReceiveWithAuthorization')
        const transfer = await authorization(given, 'TransferWithAuthorization')
        await attempt(given, verb === 'receiveWithAuthorization' ? receive : transfer)
        await expect(token.transferWithAuthorization(...transfer)).to.be.revertedWithCustomError(
          errors,
          names.used,
        )
        await expect(token.connect(bob).receiveWithAuthorization(...receive)).to.be.revertedWithCustomError(
          errors,
          names.used,
        )
      })
    })

    describe('given a signature for something else', () => {
      const changes: [string, (given: TokenUnderTest) => Change][] = [
        ['another chain', given => ({ domain: { ...given.domain, chainId: 1n } })],
        [
          'another contract',
          given => ({ domain: { ...given.domain, verifyingContract: given.bob.address } }),
        ],
        ['another version', given => ({ domain: { ...given.domain, version: '2' } })],
        ['another signer', given => ({ signer: given.alice })],
      ]
      for (const [what, change] of changes) {
        it(`reverts for ${what}`, async () => {
          const given = await loadFixture(fixture)
          const signed = await authorization(given, type, change(given))
          await expect(attempt(given, signed)).to.be.revertedWithCustomError(
            given.errors,
            names.invalidSigner,
          )
        })
      }

      it('reverts for each field that was changed after signing', async () => {
        const given = await loadFixture(fixture)
        const signed = await authorization(given, type, { validAfter: 1 })
        const others = [given.alice.address, given.alice.address, AMOUNT + 1n, 2, 2n ** 40n, id('other')]
        for (const [field, other] of others.entries()) {
          const changed = [...signed] as unknown[]
          changed[field] = other
          const arguments_ = changed as unknown as typeof signed
          const caller = field === 1 ? given.alice : given.bob
          await expect(given.token.connect(caller)[verb](...arguments_)).to.be.revertedWithCustomError(
            given.errors,
            names.invalidSigner,
          )
        }
      })
    })

    describe('given too small a balance', () => {
      it('reverts and leaves the nonce unused', async () => {
        const given = await loadFixture(fixture)
        const value = given.supply + 1n
        await expect(attempt(given, await authorization(given, type, { value })))
          .to.be.revertedWithCustomError(given.errors, 'ERC20InsufficientBalance')
          .withArgs(given.holder, given.supply, value)
        expect(await given.token.authorizationState(given.holder, NONCE)).to.equal(false)
      })
    })
  })
}

function cancelling(fixture: TokenFixture, names: AuthorizationErrors): void {
  describe('cancelAuthorization', () => {
    it('marks the nonce by signature, says so, and stops the authorization', async () => {
      const given = await loadFixture(fixture)
      const { token, errors, holder, carol } = given
      await expect(token.connect(carol).cancelAuthorization(...(await cancellation(given))))
        .to.emit(token, 'AuthorizationCanceled')
        .withArgs(holder, NONCE)
      expect(await token.authorizationState(holder, NONCE)).to.equal(true)
      await expect(
        token.transferWithAuthorization(...(await authorization(given, 'TransferWithAuthorization'))),
      ).to.be.revertedWithCustomError(errors, names.used)
    })

    describe('given a nonce used or cancelled before', () => {
      it('reverts', async () => {
        const given = await loadFixture(fixture)
        const { token, errors } = given
        const cancel = await cancellation(given)
        await token.transferWithAuthorization(...(await authorization(given, 'TransferWithAuthorization')))
        await expect(token.cancelAuthorization(...cancel)).to.be.revertedWithCustomError(errors, names.used)
        const second = await cancellation(given, { nonce: id('second') })
        await token.cancelAuthorization(...second)
        await expect(token.cancelAuthorization(...second)).to.be.revertedWithCustomError(errors, names.used)
      })
    })

    describe('given another signer', () => {
      it('reverts', async () => {
        const given = await loadFixture(fixture)
        await expect(
          given.token.cancelAuthorization(...(await cancellation(given, { signer: given.alice }))),
        ).to.be.revertedWithCustomError(given.errors, names.invalidSigner)
      })
    })

    describe('given the zero address and no signature', () => {
      it('reverts', async () => {
        const given = await loadFixture(fixture)
        const nothing = zeroPadValue('0x00', 32)
        await expect(
          given.token.cancelAuthorization(ZeroAddress, NONCE, 27, nothing, nothing),
        ).to.be.revertedWithCustomError(given.errors, 'ECDSAInvalidSignature')
      })
    })
  })
}
