import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type Signer, TypedDataEncoder, ZeroAddress, ZeroHash, id } from 'ethers'
import { ethers } from 'hardhat'

import type { IPermissionBook } from '../../typechain-types'
import { MANIFEST, contributionId, registrySystem } from './registrySystem'

type Grant = IPermissionBook.GrantStruct

const TYPES = {
  Grant: [
    { name: 'contributor', type: 'address' },
    { name: 'grantee', type: 'address' },
    { name: 'firstContributionId', type: 'uint64' },
    { name: 'count', type: 'uint32' },
    { name: 'purposes', type: 'uint32' },
    { name: 'expiry', type: 'uint64' },
    { name: 'nonce', type: 'uint256' },
  ],
}

/** Alice is contributor 0, bob 1 and a wallet contract of carol's key 2, each with ten items. */
async function fixture() {
  const system = await registrySystem()
  const { registry, alice, bob, carol } = system
  const book = await ethers.deployContract('PermissionBook', [registry])
  const wallet = await ethers.deployContract('ContractWalletMock', [carol])
  const data = registry.interface.encodeFunctionData('commitBatch', [1, id('root'), 10, MANIFEST])
  for (const account of [alice, bob]) await registry.connect(account).commitBatch(1, id('root'), 10, MANIFEST)
  await wallet.execute(registry, data)
  const domain = {
    name: 'OpenDatanets PermissionBook',
    version: '1',
    chainId: 31337n,
    verifyingContract: await book.getAddress(),
  }
  const grant: Grant = {
    contributor: alice.address,
    grantee: bob.address,
    firstContributionId: 2n,
    count: 5,
    purposes: 0b101,
    expiry: BigInt(await time.latest()) + 1000n,
    nonce: 1n << 200n,
  }
  const sign = (signer: Signer, value: Grant, changed: Partial<typeof domain> = {}) =>
    signer.signTypedData({ ...domain, ...changed }, TYPES, value)
  return { ...system, book, wallet, domain, grant, sign }
}

async function grantedFixture() {
  const system = await fixture()
  const { book, alice, grant, sign } = system
  await book.grant(grant, await sign(alice, grant))
  return { ...system, grantId: await book.hashGrant(grant) }
}

describe('PermissionBook', () => {
  describe('grant', () => {
    it('records what a contributor signed, whoever sends it', async () => {
      const { book, carol, alice, bob, domain, grant, sign } = await loadFixture(fixture)
      const grantId = TypedDataEncoder.hash(domain, TYPES, grant)
      expect(await book.hashGrant(grant)).to.equal(grantId)
      expect(await book.isActive(grantId)).to.equal(false)
      await expect(book.connect(carol).grant(grant, await sign(alice, grant)))
        .to.emit(book, 'Granted')
        .withArgs(grantId, alice, bob, 2n, 5, 0b101, grant.expiry, grant.nonce)
      expect(await book.isActive(grantId)).to.equal(true)
      expect(await book.isNonceUsed(alice, grant.nonce)).to.equal(true)
      expect(await book.isNonceUsed(alice, 0n)).to.equal(false)
    })

    it('needs no signature from the contributor itself', async () => {
      const { book, alice, grant } = await loadFixture(fixture)
      await book.connect(alice).grant(grant, '0x')
      expect(await book.isGranted(grant, 2n, 1)).to.equal(true)
    })

    it('takes the signature of a wallet contract (ERC-1271), of its key only', async () => {
      const { book, wallet, carol, alice, grant, sign } = await loadFixture(fixture)
      const walletGrant = {
        ...grant,
        contributor: await wallet.getAddress(),
        firstContributionId: contributionId(2, 0),
      }
      await expect(book.grant(walletGrant, await sign(alice, walletGrant)))
        .to.be.revertedWithCustomError(book, 'PermissionBook_InvalidSignature')
        .withArgs(wallet, await book.hashGrant(walletGrant))
      await book.grant(walletGrant, await sign(carol, walletGrant))
      expect(await book.isGranted(walletGrant, contributionId(2, 4), 0b100)).to.equal(true)
    })

    it('may reach beyond what has been committed, to the last id of the contributor', async () => {
      const { book, alice, grant } = await loadFixture(fixture)
      await book.connect(alice).grant({ ...grant, firstContributionId: 0n, count: 2 ** 32 - 1 }, '0x')
    })

    describe('given a signature for another chain, contract, name or version, or of another key', () => {
      it('reverts with contributor and grant', async () => {
        const { book, registry, alice, bob, grant, sign } = await loadFixture(fixture)
        const twin = await ethers.deployContract('PermissionBook', [registry])
        const grantId = await book.hashGrant(grant)
        const signatures = [
          await sign(alice, grant, { chainId: 1n }),
          await sign(alice, grant, { verifyingContract: await twin.getAddress() }),
          await sign(alice, grant, { name: 'Open Datanets' }),
          await sign(alice, grant, { version: '2' }),
          await sign(bob, grant),
          '0x',
        ]
        for (const signature of signatures) {
          await expect(book.grant(grant, signature))
            .to.be.revertedWithCustomError(book, 'PermissionBook_InvalidSignature')
            .withArgs(alice, grantId)
        }
      })
    })

    describe('given any field changed after signing', () => {
      it('reverts', async () => {
        const { book, alice, carol, grant, sign } = await loadFixture(fixture)
        const signature = await sign(alice, grant)
        const changes: Partial<Grant>[] = [
          { grantee: carol.address },
          { firstContributionId: 1n },
          { count: 6 },
          { purposes: 0b111 },
          { expiry: BigInt(grant.expiry) + 1n },
          { nonce: 0n },
        ]
        for (const change of changes) {
          await expect(book.grant({ ...grant, ...change }, signature)).to.be.revertedWithCustomError(
            book,
            'PermissionBook_InvalidSignature',
          )
        }
      })
    })

    describe('given a nonce that was used or cancelled', () => {
      it('reverts with contributor and nonce, for the same grant and for another', async () => {
        const { book, alice, bob, grant, sign } = await loadFixture(grantedFixture)
        const other = { ...grant, count: 1 }
        for (const value of [grant, other]) {
          await expect(book.grant(value, await sign(alice, value)))
            .to.be.revertedWithCustomError(book, 'PermissionBook_NonceUsed')
            .withArgs(alice, grant.nonce)
        }
        const cancelled = { ...grant, nonce: 255n }
        await expect(book.connect(alice).cancelNonce(255n))
          .to.emit(book, 'NonceCancelled')
          .withArgs(alice, 255n)
        await expect(book.grant(cancelled, await sign(alice, cancelled)))
          .to.be.revertedWithCustomError(book, 'PermissionBook_NonceUsed')
          .withArgs(alice, 255n)
        await expect(book.connect(alice).cancelNonce(255n))
          .to.be.revertedWithCustomError(book, 'PermissionBook_NonceUsed')
          .withArgs(alice, 255n)
        const ofBob = {
          ...grant,
          contributor: bob.address,
          firstContributionId: contributionId(1, 0),
        }
        await book.grant(ofBob, await sign(bob, ofBob))
        await book.grant({ ...grant, nonce: 254n }, await sign(alice, { ...grant, nonce: 254n }))
        await book.grant({ ...grant, nonce: 256n }, await sign(alice, { ...grant, nonce: 256n }))
      })
    })

    describe('given a grant that has expired', () => {
      it('reverts with expiry and time', async () => {
        const { book, alice, grant } = await loadFixture(fixture)
        const now = BigInt(grant.expiry)
        await time.setNextBlockTimestamp(now)
        await expect(book.connect(alice).grant(grant, '0x'))
          .to.be.revertedWithCustomError(book, 'PermissionBook_Expired')
          .withArgs(now, now)
      })
    })

    describe('given no item, no purpose or no grantee', () => {
      it('reverts with all three', async () => {
        const { book, alice, bob, grant } = await loadFixture(fixture)
        const cases = [
          [{ count: 0 }, [0, 0b101, bob]],
          [{ purposes: 0 }, [5, 0, bob]],
          [{ grantee: ZeroAddress }, [5, 0b101, ZeroAddress]],
        ] as const
        for (const [change, args] of cases) {
          await expect(book.connect(alice).grant({ ...grant, ...change }, '0x'))
            .to.be.revertedWithCustomError(book, 'PermissionBook_Empty')
            .withArgs(...args)
        }
      })
    })

    describe('given contributions of others, or an account that never contributed', () => {
      it('reverts with contributor and range', async () => {
        const { book, alice, owner, grant } = await loadFixture(fixture)
        const cases = [
          [alice, contributionId(1, 0), 1],
          [alice, contributionId(0, 2), 2 ** 32 - 1],
          [owner, 0n, 1],
        ] as const
        for (const [account, firstContributionId, count] of cases) {
          const value = { ...grant, contributor: account.address, firstContributionId, count }
          await expect(book.connect(account).grant(value, '0x'))
            .to.be.revertedWithCustomError(book, 'PermissionBook_NotOwnItems')
            .withArgs(account, firstContributionId, count)
        }
      })
    })
  })

  describe('isGranted', () => {
    it('answers for the range and all purposes asked', async () => {
      const { book, grant } = await loadFixture(grantedFixture)
      for (const [contribution, purposes, expected] of [
        [1n, 1, false],
        [2n, 1, true],
        [6n, 0b101, true],
        [7n, 1, false],
        [2n, 0b10, false],
        [2n, 0b11, false],
        [2n, 0, false],
        [contributionId(1, 2), 1, false],
      ] as const) {
        expect(await book.isGranted(grant, contribution, purposes)).to.equal(expected)
      }
    })

    it('knows no other grant than the recorded one', async () => {
      const { book, grant, carol } = await loadFixture(grantedFixture)
      expect(await book.isGranted({ ...grant, grantee: carol.address }, 2n, 1)).to.equal(false)
      expect(await book.isGranted({ ...grant, count: 6 }, 2n, 1)).to.equal(false)
    })

    it('ends at the expiry', async () => {
      const { book, grant } = await loadFixture(grantedFixture)
      await time.increaseTo(BigInt(grant.expiry) - 1n)
      expect(await book.isGranted(grant, 2n, 1)).to.equal(true)
      await time.increaseTo(grant.expiry as bigint)
      expect(await book.isGranted(grant, 2n, 1)).to.equal(false)
    })
  })

  describe('revoke', () => {
    it('ends a grant for good', async () => {
      const { book, alice, grant, grantId, sign } = await loadFixture(grantedFixture)
      await expect(book.connect(alice).revoke(grantId)).to.emit(book, 'Revoked').withArgs(grantId, alice)
      expect(await book.isGranted(grant, 2n, 1)).to.equal(false)
      await expect(book.grant(grant, await sign(alice, grant))).to.be.revertedWithCustomError(
        book,
        'PermissionBook_NonceUsed',
      )
      await expect(book.connect(alice).revoke(grantId))
        .to.be.revertedWithCustomError(book, 'PermissionBook_AlreadyRevoked')
        .withArgs(grantId)
    })

    describe('given another caller than the contributor, or an unknown grant', () => {
      it('reverts with caller and contributor', async () => {
        const { book, alice, bob, grantId } = await loadFixture(grantedFixture)
        await expect(book.connect(bob).revoke(grantId))
          .to.be.revertedWithCustomError(book, 'PermissionBook_NotContributor')
          .withArgs(bob, alice)
        await expect(book.connect(alice).revoke(ZeroHash))
          .to.be.revertedWithCustomError(book, 'PermissionBook_NotContributor')
          .withArgs(alice, ZeroAddress)
      })
    })
  })

  describe('registry', () => {
    it('is the one it was built with', async () => {
      const { book, registry } = await loadFixture(fixture)
      expect(await book.registry()).to.equal(await registry.getAddress())
    })
  })
})
