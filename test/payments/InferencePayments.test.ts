import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type Signer, ZeroAddress, id, verifyTypedData } from 'ethers'
import { ethers } from 'hardhat'

const RECEIPTS = id('receipts')
const MODEL = 1
const MODEL_POOL = (2n << 32n) | 1n
const VOUCHER = {
  Voucher: [
    { name: 'payer', type: 'address' },
    { name: 'modelId', type: 'uint32' },
    { name: 'cumulative', type: 'uint128' },
  ],
}

async function fixture() {
  const [owner, treasury, builder, server, payer, stranger] = await ethers.getSigners()
  const token = await ethers.deployContract('OpenToken', [owner!, owner!])
  const datanets = await ethers.deployContract('DatanetRegistry')
  await datanets.createDatanet('Solidity code', id('metadata'), 0)
  await datanets.setBuilder(1, builder!, true)
  const models = await ethers.deployContract('ModelRegistry', [datanets])
  const model = {
    name: 'base',
    baseModelId: 0,
    datanetId: 1,
    artifactDigest: id('artifact'),
    manifestDigest: id('manifest'),
    pricePerToken: 1n,
  }
  await models.connect(builder!).registerModel(model)
  await models.connect(builder!).registerModel({ ...model, name: 'adapter', baseModelId: 1 })
  const escrow = await ethers.deployContract('RewardEscrow', [token, owner!])
  const payments = await ethers.deployContract('InferencePayments', [
    token,
    models,
    escrow,
    owner!,
    treasury!,
    500,
    1000,
    2500,
  ])
  await token.transfer(payer!, 10_000n)
  await token.connect(payer!).approve(payments, ethers.MaxUint256)
  await payments.connect(payer!).deposit(1000n)
  const domain = {
    name: 'OpenDatanets InferencePayments',
    version: '1',
    chainId: 31337,
    verifyingContract: await payments.getAddress(),
  }
  return {
    token,
    models,
    escrow,
    payments,
    domain,
    owner: owner!,
    treasury: treasury!,
    builder: builder!,
    server: server!,
    payer: payer!,
    stranger: stranger!,
  }
}

type Fixture = Awaited<ReturnType<typeof fixture>>

function voucherOf({ payer }: Fixture, cumulative: bigint, modelId = MODEL) {
  return { payer: payer.address, modelId, cumulative }
}

function sign({ domain }: Fixture, signer: Signer, voucher: ReturnType<typeof voucherOf>) {
  return signer.signTypedData(domain, VOUCHER, voucher)
}

async function signed(given: Fixture, cumulative: bigint, modelId = MODEL) {
  const voucher = voucherOf(given, cumulative, modelId)
  return [voucher, await sign(given, given.payer, voucher), RECEIPTS] as const
}

describe('InferencePayments', () => {
  describe('constructor', () => {
    describe('given shares above the whole', () => {
      it('reverts with sum and whole', async () => {
        const { payments, token, models, escrow, owner, treasury } = await loadFixture(fixture)
        const args = [token, models, escrow, owner, treasury, 5000, 5000, 1] as const
        await expect(ethers.deployContract('InferencePayments', [...args]))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_SharesTooHigh')
          .withArgs(10_001, 10_000)
      })
    })

    describe('given no treasury', () => {
      it('reverts', async () => {
        const { payments, token, models, escrow, owner } = await loadFixture(fixture)
        const args = [token, models, escrow, owner, ZeroAddress, 1, 1, 1] as const
        await expect(ethers.deployContract('InferencePayments', [...args])).to.be.revertedWithCustomError(
          payments,
          'InferencePayments_ZeroTreasury',
        )
      })
    })
  })

  describe('deposit', () => {
    it('adds to the deposit', async () => {
      const { payments, token, payer } = await loadFixture(fixture)
      await expect(payments.connect(payer).deposit(500n))
        .to.emit(payments, 'Deposited')
        .withArgs(payer, 500n, 1500n)
      expect(await payments.depositOf(payer)).to.equal(1500n)
      expect(await token.balanceOf(payments)).to.equal(1500n)
    })
  })

  describe('requestWithdrawal', () => {
    it('announces it, and a later one replaces it', async () => {
      const { payments, payer } = await loadFixture(fixture)
      await payments.connect(payer).requestWithdrawal(1000n)
      const at = (await time.latest()) + 5
      await time.setNextBlockTimestamp(at)
      const due = BigInt(at) + (await payments.WITHDRAWAL_DELAY())
      await expect(payments.connect(payer).requestWithdrawal(300n))
        .to.emit(payments, 'WithdrawalRequested')
        .withArgs(payer, 300n, due)
      expect(await payments.withdrawalOf(payer)).to.deep.equal([300n, due])
    })

    describe('given more than the deposit', () => {
      it('reverts with both', async () => {
        const { payments, payer } = await loadFixture(fixture)
        await expect(payments.connect(payer).requestWithdrawal(1001n))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_DepositTooLow')
          .withArgs(1001n, 1000n)
      })
    })
  })

  describe('withdraw', () => {
    it('pays back after the delay, once', async () => {
      const { payments, token, payer } = await loadFixture(fixture)
      await payments.connect(payer).requestWithdrawal(300n)
      await time.increase(await payments.WITHDRAWAL_DELAY())
      await expect(payments.connect(payer).withdraw()).to.emit(payments, 'Withdrawn').withArgs(payer, 300n)
      expect(await token.balanceOf(payer)).to.equal(9300n)
      await expect(payments.connect(payer).withdraw())
        .to.be.revertedWithCustomError(payments, 'InferencePayments_NoWithdrawal')
        .withArgs(payer)
    })

    it('pays what redemptions left', async () => {
      const given = await loadFixture(fixture)
      const { payments, payer, builder } = given
      await payments.connect(payer).requestWithdrawal(1000n)
      await payments.connect(builder).redeem(...(await signed(given, 900n)))
      await time.increase(await payments.WITHDRAWAL_DELAY())
      await expect(payments.connect(payer).withdraw()).to.emit(payments, 'Withdrawn').withArgs(payer, 100n)
    })

    describe('given the delay has not passed', () => {
      it('reverts with time and bound', async () => {
        const { payments, payer } = await loadFixture(fixture)
        await payments.connect(payer).requestWithdrawal(300n)
        const { withdrawableAt } = await payments.withdrawalOf(payer)
        await time.setNextBlockTimestamp(withdrawableAt - 1n)
        await expect(payments.connect(payer).withdraw())
          .to.be.revertedWithCustomError(payments, 'InferencePayments_TooEarly')
          .withArgs(withdrawableAt - 1n, withdrawableAt)
      })
    })
  })

  describe('setServer', () => {
    it('lets a server redeem, and stops it', async () => {
      const given = await loadFixture(fixture)
      const { payments, builder, server } = given
      await expect(payments.connect(builder).setServer(MODEL, server, true))
        .to.emit(payments, 'ServerSet')
        .withArgs(MODEL, server, true)
      await payments.connect(server).redeem(...(await signed(given, 10n)))
      await payments.connect(builder).setServer(MODEL, server, false)
      expect(await payments.isServer(MODEL, server)).to.equal(false)
    })

    describe("given another caller than the model's owner", () => {
      it('reverts with caller and owner', async () => {
        const { payments, server, builder } = await loadFixture(fixture)
        await expect(payments.connect(server).setServer(MODEL, server, true))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_NotModelOwner')
          .withArgs(server, builder)
      })
    })
  })

  describe('voucherDigest', () => {
    it('is the EIP-712 digest that wallets sign', async () => {
      const given = await loadFixture(fixture)
      const { payments, domain, payer } = given
      const [voucher, signature] = await signed(given, 10n)
      expect(await payments.voucherDigest(voucher)).to.equal(
        ethers.TypedDataEncoder.hash(domain, VOUCHER, voucher),
      )
      expect(verifyTypedData(domain, VOUCHER, voucher, signature)).to.equal(payer.address)
    })
  })

  describe('redeem', () => {
    it('takes the increase and splits every wei', async () => {
      const given = await loadFixture(fixture)
      const { payments, builder, payer } = given
      await payments.connect(builder).redeem(...(await signed(given, 101n)))
      await expect(payments.connect(builder).redeem(...(await signed(given, 334n))))
        .to.emit(payments, 'VoucherRedeemed')
        .withArgs(payer, MODEL, 233n, 334n, RECEIPTS)
      expect(await payments.redeemed(payer, MODEL)).to.equal(334n)
      expect(await payments.depositOf(payer)).to.equal(666n)
      expect(await payments.owedProtocol()).to.equal(5n + 11n)
      expect(await payments.owedStakers()).to.equal(10n + 23n)
      expect(await payments.owed(MODEL)).to.deep.equal([61n + 141n, 25n + 58n])
    })

    it('counts each model apart', async () => {
      const given = await loadFixture(fixture)
      const { payments, builder, payer } = given
      await payments.connect(builder).redeem(...(await signed(given, 100n)))
      await payments.connect(builder).redeem(...(await signed(given, 50n, 2)))
      expect(await payments.redeemed(payer, 2)).to.equal(50n)
      expect(await payments.depositOf(payer)).to.equal(850n)
    })

    it('accepts the signature of a contract wallet', async () => {
      const given = await loadFixture(fixture)
      const { payments, token, builder, payer, stranger } = given
      const wallet = await ethers.deployContract('ContractWalletMock', [payer])
      await token.transfer(wallet, 100n)
      await wallet.execute(
        token,
        token.interface.encodeFunctionData('approve', [await payments.getAddress(), 100n]),
      )
      await wallet.execute(payments, payments.interface.encodeFunctionData('deposit', [100n]))
      const voucher = { payer: await wallet.getAddress(), modelId: MODEL, cumulative: 40n }
      await expect(payments.connect(builder).redeem(voucher, await sign(given, stranger, voucher), RECEIPTS))
        .to.be.revertedWithCustomError(payments, 'InferencePayments_WrongSigner')
        .withArgs(stranger, wallet)
      await payments.connect(builder).redeem(voucher, await sign(given, payer, voucher), RECEIPTS)
      expect(await payments.depositOf(wallet)).to.equal(60n)
    })

    describe('given another signer', () => {
      it('reverts with who signed and who pays', async () => {
        const given = await loadFixture(fixture)
        const { payments, builder, payer, stranger } = given
        const voucher = voucherOf(given, 10n)
        await expect(
          payments.connect(builder).redeem(voucher, await sign(given, stranger, voucher), RECEIPTS),
        )
          .to.be.revertedWithCustomError(payments, 'InferencePayments_WrongSigner')
          .withArgs(stranger, payer)
      })

      it('reverts for bytes that are no signature', async () => {
        const given = await loadFixture(fixture)
        const { payments, builder, payer } = given
        await expect(payments.connect(builder).redeem(voucherOf(given, 10n), '0x1234', RECEIPTS))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_WrongSigner')
          .withArgs(ZeroAddress, payer)
      })

      it('reverts for a signature of another amount, contract, or chain', async () => {
        const given = await loadFixture(fixture)
        const { payments, builder, payer, domain, models } = given
        const voucher = voucherOf(given, 10n)
        const signatures = [
          await sign(given, payer, voucherOf(given, 11n)),
          await payer.signTypedData(
            { ...domain, verifyingContract: await models.getAddress() },
            VOUCHER,
            voucher,
          ),
          await payer.signTypedData({ ...domain, chainId: 1 }, VOUCHER, voucher),
        ]
        for (const signature of signatures) {
          await expect(
            payments.connect(builder).redeem(voucher, signature, RECEIPTS),
          ).to.be.revertedWithCustomError(payments, 'InferencePayments_WrongSigner')
        }
      })
    })

    describe('given a voucher that was redeemed, or an older one', () => {
      it('reverts with both amounts', async () => {
        const given = await loadFixture(fixture)
        const { payments, builder } = given
        const older = await signed(given, 99n)
        const same = await signed(given, 100n)
        await payments.connect(builder).redeem(...same)
        for (const again of [older, same]) {
          await expect(payments.connect(builder).redeem(...again))
            .to.be.revertedWithCustomError(payments, 'InferencePayments_CumulativeFell')
            .withArgs(again[0].cumulative, 100n)
        }
      })
    })

    describe('given too low a deposit', () => {
      it('reverts with need and deposit', async () => {
        const given = await loadFixture(fixture)
        const { payments, builder } = given
        await payments.connect(builder).redeem(...(await signed(given, 400n)))
        await expect(payments.connect(builder).redeem(...(await signed(given, 1001n))))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_DepositTooLow')
          .withArgs(601n, 600n)
      })
    })

    describe('given an unknown model', () => {
      it('reverts with it', async () => {
        const given = await loadFixture(fixture)
        const { payments, builder } = given
        await expect(payments.connect(builder).redeem(...(await signed(given, 10n, 3))))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_UnknownModel')
          .withArgs(3)
      })
    })

    describe('given a caller that does not serve the model', () => {
      it('reverts with model and caller, so that nobody attaches false receipts', async () => {
        const given = await loadFixture(fixture)
        const { payments, stranger } = given
        await expect(payments.connect(stranger).redeem(...(await signed(given, 10n))))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_NotServer')
          .withArgs(MODEL, stranger)
      })
    })
  })

  describe('redeemBatch', () => {
    it('redeems all', async () => {
      const given = await loadFixture(fixture)
      const { payments, builder, payer } = given
      const [one, two] = [await signed(given, 100n), await signed(given, 50n, 2)]
      await payments
        .connect(builder)
        .redeemBatch([one[0], two[0]], [one[1], two[1]], [RECEIPTS, id('receipts 2')])
      expect(await payments.depositOf(payer)).to.equal(850n)
    })

    it('redeems none if one is bad', async () => {
      const given = await loadFixture(fixture)
      const { payments, builder, payer } = given
      const [one, two] = [await signed(given, 100n), await signed(given, 50n, 2)]
      await expect(
        payments.connect(builder).redeemBatch([one[0], two[0]], [one[1], one[1]], [RECEIPTS, RECEIPTS]),
      ).to.be.revertedWithCustomError(payments, 'InferencePayments_WrongSigner')
      expect(await payments.depositOf(payer)).to.equal(1000n)
    })

    describe('given lists of different lengths', () => {
      it('reverts with the three lengths', async () => {
        const given = await loadFixture(fixture)
        const { payments, builder } = given
        const [voucher, signature] = await signed(given, 100n)
        await expect(payments.connect(builder).redeemBatch([voucher], [signature], []))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_LengthMismatch')
          .withArgs(1, 1, 0)
        await expect(payments.connect(builder).redeemBatch([voucher], [], [RECEIPTS]))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_LengthMismatch')
          .withArgs(1, 0, 1)
      })
    })
  })

  describe('the collections', () => {
    async function redeemed() {
      const given = await fixture()
      await given.payments.connect(given.builder).redeem(...(await signed(given, 1000n)))
      return given
    }

    it("moves the contributors' part into the model's pool", async () => {
      const { payments, escrow, stranger } = await loadFixture(redeemed)
      await expect(payments.connect(stranger).collectContributors(MODEL))
        .to.emit(escrow, 'PoolFunded')
        .withArgs(MODEL_POOL, payments, 600n, 600n)
      expect((await payments.owed(MODEL)).contributors).to.equal(0n)
    })

    it("pays the model's owner", async () => {
      const { payments, token, builder, stranger } = await loadFixture(redeemed)
      await expect(payments.connect(stranger).collectOwner(MODEL))
        .to.emit(payments, 'OwnerCollected')
        .withArgs(MODEL, builder, 250n)
      expect(await token.balanceOf(builder)).to.equal(250n)
    })

    it('pays the treasury', async () => {
      const { payments, token, treasury, stranger } = await loadFixture(redeemed)
      await expect(payments.connect(stranger).collectProtocol())
        .to.emit(payments, 'ProtocolCollected')
        .withArgs(50n)
      expect(await token.balanceOf(treasury)).to.equal(50n)
    })

    it('pays the stakers where the owner says', async () => {
      const { payments, token, stranger } = await loadFixture(redeemed)
      await expect(payments.collectStakers(stranger))
        .to.emit(payments, 'StakersCollected')
        .withArgs(stranger, 100n)
      expect(await token.balanceOf(stranger)).to.equal(100n)
      await expect(payments.connect(stranger).collectStakers(stranger))
        .to.be.revertedWithCustomError(payments, 'OwnableUnauthorizedAccount')
        .withArgs(stranger)
    })

    it('leaves exactly nothing behind', async () => {
      const { payments, token, stranger } = await loadFixture(redeemed)
      await payments.collectContributors(MODEL)
      await payments.collectOwner(MODEL)
      await payments.collectProtocol()
      await payments.collectStakers(stranger)
      expect(await token.balanceOf(payments)).to.equal(0n)
    })

    describe('given nothing is owed', () => {
      it('reverts, a second time too', async () => {
        const { payments, owner } = await loadFixture(redeemed)
        await payments.collectOwner(MODEL)
        await payments.collectStakers(owner)
        const tries = [
          payments.collectOwner(MODEL),
          payments.collectContributors(2),
          payments.collectStakers(owner),
        ]
        for (const again of tries) {
          await expect(again).to.be.revertedWithCustomError(payments, 'InferencePayments_NothingOwed')
        }
      })
    })
  })
})
