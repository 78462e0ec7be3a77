import { loadFixture, setCode, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress, ZeroHash, id, verifyTypedData } from 'ethers'
import { ethers } from 'hardhat'
import {
  ADAPTER,
  MODEL,
  type PaymentsSystem,
  RECEIPTS,
  REQUEST,
  VOUCHER,
  authorized,
  paymentsSystem,
  registerModel,
  sign,
  signed,
  voucherOf,
} from './paymentsSystem'

const MODEL_POOL = (2n << 32n) | 1n
const UNKNOWN = 9

/** What a wallet contract needs to pay: tokens, an approval, a deposit. */
async function fundWallet(
  { token, payments }: PaymentsSystem,
  kind: 'ContractWalletMock' | 'GreedyWalletMock',
  args: unknown[],
) {
  const wallet = await ethers.deployContract(kind, args)
  const execute = wallet.getFunction('execute')
  await token.transfer(wallet, 100n)
  await execute(token, token.interface.encodeFunctionData('approve', [await payments.getAddress(), 100n]))
  await execute(payments, payments.interface.encodeFunctionData('deposit', [100n]))
  return wallet.getAddress()
}

function selectorOf({ payments }: PaymentsSystem, error: string) {
  return payments.interface.getError(error)!.selector
}

describe('InferencePayments', () => {
  describe('constructor', () => {
    describe('given shares above the whole', () => {
      it('reverts with sum and whole', async () => {
        const { payments, token, models, escrow, staking, treasury } = await loadFixture(paymentsSystem)
        const args = [token, models, escrow, staking, treasury, 5000, 5000, 1] as const
        await expect(ethers.deployContract('InferencePayments', [...args]))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_SharesTooHigh')
          .withArgs(10_001, 10_000)
      })
    })

    describe('given no treasury', () => {
      it('reverts', async () => {
        const { payments, token, models, escrow, staking } = await loadFixture(paymentsSystem)
        const args = [token, models, escrow, staking, ZeroAddress, 1, 1, 1] as const
        await expect(ethers.deployContract('InferencePayments', [...args])).to.be.revertedWithCustomError(
          payments,
          'InferencePayments_ZeroTreasury',
        )
      })
    })
  })

  describe('deposit', () => {
    it('adds to the deposit', async () => {
      const { payments, token, payer } = await loadFixture(paymentsSystem)
      await expect(payments.connect(payer).deposit(500n))
        .to.emit(payments, 'Deposited')
        .withArgs(payer, 500n, 1500n)
      expect(await payments.depositOf(payer)).to.equal(1500n)
      expect(await token.balanceOf(payments)).to.equal(1500n)
    })
  })

  describe('requestWithdrawal', () => {
    it('announces it, and a later one replaces it', async () => {
      const { payments, payer } = await loadFixture(paymentsSystem)
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
        const { payments, payer } = await loadFixture(paymentsSystem)
        await expect(payments.connect(payer).requestWithdrawal(1001n))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_DepositTooLow')
          .withArgs(1001n, 1000n)
      })
    })
  })

  describe('withdraw', () => {
    it('pays back after the delay, once', async () => {
      const { payments, token, payer } = await loadFixture(paymentsSystem)
      await payments.connect(payer).requestWithdrawal(300n)
      await time.increase(await payments.WITHDRAWAL_DELAY())
      await expect(payments.connect(payer).withdraw()).to.emit(payments, 'Withdrawn').withArgs(payer, 300n)
      expect(await token.balanceOf(payer)).to.equal(9300n)
      await expect(payments.connect(payer).withdraw())
        .to.be.revertedWithCustomError(payments, 'InferencePayments_NoWithdrawal')
        .withArgs(payer)
    })

    it('pays what redemptions left', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, payer, builder } = given
      await payments.connect(payer).requestWithdrawal(1000n)
      await payments.connect(builder).redeem(...(await signed(given, 900n)))
      await time.increase(await payments.WITHDRAWAL_DELAY())
      await expect(payments.connect(payer).withdraw()).to.emit(payments, 'Withdrawn').withArgs(payer, 100n)
    })

    describe('given the delay has not passed', () => {
      it('reverts with time and bound', async () => {
        const { payments, payer } = await loadFixture(paymentsSystem)
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
      const given = await loadFixture(paymentsSystem)
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
        const { payments, server, builder } = await loadFixture(paymentsSystem)
        await expect(payments.connect(server).setServer(MODEL, server, true))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_NotModelOwner')
          .withArgs(server, builder)
      })
    })
  })

  describe('voucherDigest', () => {
    it('is the EIP-712 digest that wallets sign', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, domain, payer } = given
      const [voucher, signature] = await signed(given, 10n)
      expect(await payments.voucherDigest(voucher)).to.equal(
        ethers.TypedDataEncoder.hash(domain, VOUCHER, voucher),
      )
      expect(verifyTypedData(domain, VOUCHER, voucher, signature)).to.equal(payer.address)
    })
  })

  describe('redeem', () => {
    it('takes the increase and splits all that was ever taken', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, builder, payer } = given
      await payments.connect(builder).redeem(...(await signed(given, 101n)))
      await expect(payments.connect(builder).redeem(...(await signed(given, 334n))))
        .to.emit(payments, 'VoucherRedeemed')
        .withArgs(payer, MODEL, 233n, 334n, RECEIPTS)
      expect(await payments.redeemed(payer, MODEL)).to.equal(334n)
      expect(await payments.depositOf(payer)).to.equal(666n)
      expect(await payments.revenueOf(MODEL)).to.equal(334n)
      expect(await payments.owed(MODEL)).to.deep.equal([200n, 83n])
      expect(await payments.protocolFeesOf(MODEL)).to.equal(16n)
      await payments.tally([MODEL])
      expect(await payments.owedProtocol()).to.equal(16n)
      expect(await payments.owedStakers()).to.equal(33n)
    })

    it('counts each model apart', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, builder, payer } = given
      await payments.connect(builder).redeem(...(await signed(given, 100n)))
      await payments.connect(builder).redeem(...(await signed(given, 50n, 2)))
      expect(await payments.redeemed(payer, 2)).to.equal(50n)
      expect(await payments.depositOf(payer)).to.equal(850n)
    })

    it('keeps the counters of the first model and of the others apart', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, builder, payer } = given
      for (const [cumulative, modelId] of [
        [100n, ADAPTER],
        [50n, MODEL],
        [120n, ADAPTER],
        [70n, MODEL],
      ] as const) {
        await payments.connect(builder).redeem(...(await signed(given, cumulative, modelId)))
        expect(await payments.redeemed(payer, modelId)).to.equal(cumulative)
      }
      expect(await payments.depositOf(payer)).to.equal(1000n - 190n)
      expect(await payments.redeemed(payer, UNKNOWN)).to.equal(0n)
    })

    it('accepts the signature of a contract wallet, and only its own', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, builder, payer, stranger } = given
      const wallet = await fundWallet(given, 'ContractWalletMock', [payer])
      const voucher = { payer: wallet, modelId: MODEL, cumulative: 40n }
      await expect(payments.connect(builder).redeem(voucher, await sign(given, stranger, voucher), RECEIPTS))
        .to.be.revertedWithCustomError(payments, 'InferencePayments_WrongSigner')
        .withArgs(stranger, wallet)
      await payments.connect(builder).redeem(voucher, await sign(given, payer, voucher), RECEIPTS)
      expect(await payments.depositOf(wallet)).to.equal(60n)
    })

    it('accepts either signature of an account with a key and code', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, builder, payer, stranger } = given
      const wallet = await ethers.deployContract('ContractWalletMock', [stranger])
      await setCode(payer.address, await ethers.provider.getCode(wallet))
      const [own, walletKeys] = [voucherOf(given, 40n), voucherOf(given, 50n)]
      await payments.connect(builder).redeem(own, await sign(given, payer, own), RECEIPTS)
      await payments.connect(builder).redeem(walletKeys, await sign(given, stranger, walletKeys), RECEIPTS)
      expect(await payments.redeemed(payer, MODEL)).to.equal(50n)
    })

    describe('given another signer', () => {
      it('reverts with who signed and who pays', async () => {
        const given = await loadFixture(paymentsSystem)
        const { payments, builder, payer, stranger } = given
        const voucher = voucherOf(given, 10n)
        await expect(
          payments.connect(builder).redeem(voucher, await sign(given, stranger, voucher), RECEIPTS),
        )
          .to.be.revertedWithCustomError(payments, 'InferencePayments_WrongSigner')
          .withArgs(stranger, payer)
      })

      it('reverts for no payer', async () => {
        const given = await loadFixture(paymentsSystem)
        const { payments, builder } = given
        const voucher = { payer: ZeroAddress, modelId: MODEL, cumulative: 10n }
        await expect(payments.connect(builder).redeem(voucher, '0x1234', RECEIPTS))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_WrongSigner')
          .withArgs(ZeroAddress, ZeroAddress)
      })

      it('reverts for bytes that are no signature', async () => {
        const given = await loadFixture(paymentsSystem)
        const { payments, builder, payer } = given
        await expect(payments.connect(builder).redeem(voucherOf(given, 10n), '0x1234', RECEIPTS))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_WrongSigner')
          .withArgs(ZeroAddress, payer)
      })

      it('reverts for a signature of another amount, contract, or chain', async () => {
        const given = await loadFixture(paymentsSystem)
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
        const given = await loadFixture(paymentsSystem)
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
        const given = await loadFixture(paymentsSystem)
        const { payments, builder } = given
        await payments.connect(builder).redeem(...(await signed(given, 400n)))
        await expect(payments.connect(builder).redeem(...(await signed(given, 1001n))))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_DepositTooLow')
          .withArgs(601n, 600n)
      })
    })

    describe('given an unknown model', () => {
      it('reverts with it', async () => {
        const given = await loadFixture(paymentsSystem)
        const { payments, builder } = given
        await expect(payments.connect(builder).redeem(...(await signed(given, 10n, UNKNOWN))))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_UnknownModel')
          .withArgs(UNKNOWN)
      })
    })

    describe('given a caller that does not serve the model', () => {
      it('reverts with model and caller, so that nobody attaches false receipts', async () => {
        const given = await loadFixture(paymentsSystem)
        const { payments, stranger } = given
        await expect(payments.connect(stranger).redeem(...(await signed(given, 10n))))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_NotServer')
          .withArgs(MODEL, stranger)
      })
    })
  })

  describe('redeemBatch', () => {
    it('redeems all', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, builder, payer } = given
      const [one, two] = [await signed(given, 100n), await signed(given, 50n, 2)]
      await payments
        .connect(builder)
        .redeemBatch([one[0], two[0]], [one[1], two[1]], [RECEIPTS, id('receipts 2')])
      expect(await payments.depositOf(payer)).to.equal(850n)
    })

    it('redeems runs of several models and payers as redeem does', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, builder, payer } = given
      const steps = [
        [10n, MODEL],
        [30n, MODEL],
        [20n, ADAPTER],
        [45n, MODEL],
      ] as const
      const args = await Promise.all(steps.map(([cumulative, modelId]) => signed(given, cumulative, modelId)))
      const lists = [args.map(one => one[0]), args.map(one => one[1]), args.map(one => one[2])] as const
      expect(await payments.connect(builder).redeemBatch.staticCall(...lists)).to.equal(65n)
      await payments.connect(builder).redeemBatch(...lists)
      expect(await payments.revenueOf(MODEL)).to.equal(45n)
      expect(await payments.revenueOf(ADAPTER)).to.equal(20n)
      expect(await payments.depositOf(payer)).to.equal(935n)
    })

    it('does nothing for nothing', async () => {
      const { payments } = await loadFixture(paymentsSystem)
      await expect(payments.redeemBatch([], [], [])).not.to.emit(payments, 'VoucherSkipped')
    })

    describe('given bad vouchers among good ones', () => {
      it('skips and reports each with its reason, and redeems the rest', async () => {
        const given = await loadFixture(paymentsSystem)
        const { payments, builder, payer, stranger } = given
        await registerModel(given, (await ethers.getSigners())[0]!, 0, 0)
        const good = [await signed(given, 100n), await signed(given, 150n)]
        // Above the good ones: were it taken, what was redeemed would show it.
        const wrong = voucherOf(given, 170n)
        const bad = [
          [await signed(given, 90n), 'InferencePayments_CumulativeFell'],
          [[wrong, await sign(given, stranger, wrong), RECEIPTS], 'InferencePayments_WrongSigner'],
          [await signed(given, 5000n), 'InferencePayments_DepositTooLow'],
          [await signed(given, 10n, 3), 'InferencePayments_NotServer'],
          [await signed(given, 10n, UNKNOWN), 'InferencePayments_UnknownModel'],
          [await signed(given, 10n, 0), 'InferencePayments_UnknownModel'],
        ] as const
        const all = [good[0]!, ...bad.map(([voucher]) => voucher), good[1]!]
        const sent = payments.connect(builder).redeemBatch(
          all.map(one => one[0]),
          all.map(one => one[1]),
          all.map(one => one[2]),
        )
        for (const [voucher, error] of bad) {
          await expect(sent)
            .to.emit(payments, 'VoucherSkipped')
            .withArgs(payer, voucher[0].modelId, selectorOf(given, error))
        }
        expect(await payments.redeemed(payer, MODEL)).to.equal(150n)
        expect(await payments.depositOf(payer)).to.equal(850n)
      })
    })

    describe('given a wallet contract that burns all the gas it is lent', () => {
      it('skips it and redeems the rest', async () => {
        const given = await loadFixture(paymentsSystem)
        const { payments, builder, payer } = given
        const wallet = await fundWallet(given, 'GreedyWalletMock', [])
        const greedy = { payer: wallet, modelId: MODEL, cumulative: 40n }
        const [voucher, signature] = await signed(given, 100n)
        await expect(
          payments
            .connect(builder)
            .redeemBatch([greedy, voucher], [signature, signature], [RECEIPTS, RECEIPTS], {
              gasLimit: 1_000_000,
            }),
        )
          .to.emit(payments, 'VoucherSkipped')
          .withArgs(wallet, MODEL, selectorOf(given, 'InferencePayments_WrongSigner'))
        expect(await payments.redeemed(payer, MODEL)).to.equal(100n)
      })
    })

    describe('given lists of different lengths', () => {
      it('reverts with the three lengths', async () => {
        const given = await loadFixture(paymentsSystem)
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

  describe('payDirect', () => {
    it("takes the caller's tokens for the model and the request", async () => {
      const { payments, token, payer } = await loadFixture(paymentsSystem)
      await expect(payments.connect(payer).payDirect(MODEL, 100n, REQUEST))
        .to.emit(payments, 'PaidDirectly')
        .withArgs(payer, MODEL, 100n, REQUEST)
      await payments.connect(payer).payDirect(MODEL, 20n, REQUEST)
      expect(await payments.revenueOf(MODEL)).to.equal(120n)
      expect(await payments.depositOf(payer)).to.equal(1000n)
      expect(await token.balanceOf(payments)).to.equal(1120n)
    })

    describe('given an unknown model', () => {
      it('reverts with it, so that nothing is paid to nobody', async () => {
        const { payments, payer } = await loadFixture(paymentsSystem)
        await expect(payments.connect(payer).payDirect(UNKNOWN, 100n, REQUEST))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_UnknownModel')
          .withArgs(UNKNOWN)
      })
    })

    describe('given no amount', () => {
      it('reverts with the model', async () => {
        const { payments, payer } = await loadFixture(paymentsSystem)
        await expect(payments.connect(payer).payDirect(MODEL, 0n, REQUEST))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_ZeroAmount')
          .withArgs(MODEL)
      })
    })

    describe('given too few tokens', () => {
      it("reverts with the token's error", async () => {
        const { payments, token, stranger } = await loadFixture(paymentsSystem)
        await token.connect(stranger).approve(payments, 100n)
        await expect(payments.connect(stranger).payDirect(MODEL, 100n, REQUEST))
          .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
          .withArgs(stranger, 0n, 100n)
      })
    })
  })

  describe('payWithAuthorization', () => {
    it("takes the signer's tokens, whoever sends it", async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, token, payer, stranger } = given
      await expect(
        payments.connect(stranger).payWithAuthorization(MODEL, REQUEST, await authorized(given, 100n)),
      )
        .to.emit(payments, 'PaidDirectly')
        .withArgs(payer, MODEL, 100n, REQUEST)
      expect(await payments.revenueOf(MODEL)).to.equal(100n)
      expect(await token.balanceOf(payer)).to.equal(8900n)
    })

    it('pays for one request twice only with another salt', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments } = given
      const authorization = await authorized(given, 100n)
      await payments.payWithAuthorization(MODEL, REQUEST, authorization)
      await expect(payments.payWithAuthorization(MODEL, REQUEST, authorization)).to.be.reverted
      await payments.payWithAuthorization(
        MODEL,
        REQUEST,
        await authorized(given, 100n, { salt: id('other') }),
      )
      expect(await payments.revenueOf(MODEL)).to.equal(200n)
    })

    describe('given a relayer that changes model, request, salt, amount or payer', () => {
      it('reverts', async () => {
        const given = await loadFixture(paymentsSystem)
        const { payments, stranger } = given
        const signedOne = await authorized(given, 100n)
        const tries = [
          () => payments.payWithAuthorization(ADAPTER, REQUEST, signedOne),
          () => payments.payWithAuthorization(MODEL, id('other'), signedOne),
          () => payments.payWithAuthorization(MODEL, REQUEST, { ...signedOne, salt: ZeroHash }),
          () => payments.payWithAuthorization(MODEL, REQUEST, { ...signedOne, value: 99n }),
          () => payments.payWithAuthorization(MODEL, REQUEST, { ...signedOne, from: stranger.address }),
        ]
        for (const attempt of tries) await expect(attempt()).to.be.reverted
        expect(await payments.revenueOf(MODEL)).to.equal(0n)
      })
    })

    describe('given an expired authorization', () => {
      it('reverts', async () => {
        const given = await loadFixture(paymentsSystem)
        const validBefore = BigInt(await time.latest())
        const expired = await authorized(given, 100n, { validBefore })
        await expect(given.payments.payWithAuthorization(MODEL, REQUEST, expired)).to.be.reverted
      })
    })

    describe('given an unknown model or no amount', () => {
      it('reverts with the model', async () => {
        const given = await loadFixture(paymentsSystem)
        const { payments } = given
        await expect(
          payments.payWithAuthorization(UNKNOWN, REQUEST, await authorized(given, 1n, { modelId: UNKNOWN })),
        )
          .to.be.revertedWithCustomError(payments, 'InferencePayments_UnknownModel')
          .withArgs(UNKNOWN)
        await expect(payments.payWithAuthorization(MODEL, REQUEST, await authorized(given, 0n)))
          .to.be.revertedWithCustomError(payments, 'InferencePayments_ZeroAmount')
          .withArgs(MODEL)
      })
    })
  })

  describe('coverOf', () => {
    it('is the deposit less the announced withdrawal', async () => {
      const given = await loadFixture(paymentsSystem)
      const { payments, payer, builder } = given
      expect(await payments.coverOf(payer)).to.equal(1000n)
      await payments.connect(payer).requestWithdrawal(700n)
      expect(await payments.coverOf(payer)).to.equal(300n)
      await payments.connect(builder).redeem(...(await signed(given, 400n)))
      expect(await payments.coverOf(payer)).to.equal(0n)
    })
  })

  describe('isServer', () => {
    it('is the owner, or who the present owner named', async () => {
      const { payments, models, builder, server, stranger } = await loadFixture(paymentsSystem)
      await payments.connect(builder).setServer(MODEL, server, true)
      expect(await payments.isServer(MODEL, builder)).to.equal(true)
      expect(await payments.isServer(MODEL, server)).to.equal(true)
      await models.connect(builder).transferModel(MODEL, stranger)
      await models.connect(stranger).acceptModel(MODEL)
      expect(await payments.isServer(MODEL, server)).to.equal(false)
      expect(await payments.isServer(MODEL, builder)).to.equal(false)
      expect(await payments.isServer(MODEL, stranger)).to.equal(true)
    })
  })

  describe('the collections', () => {
    async function redeemed() {
      const given = await paymentsSystem()
      await given.payments.connect(given.builder).redeem(...(await signed(given, 1000n)))
      return given
    }

    it("moves the contributors' part into the model's pool, and tallies", async () => {
      const { payments, escrow, stranger } = await loadFixture(redeemed)
      const sent = payments.connect(stranger).collectContributors(MODEL)
      await expect(sent).to.emit(escrow, 'PoolFunded').withArgs(MODEL_POOL, payments, 600n, 600n)
      await expect(sent).to.emit(payments, 'ContributorsCollected').withArgs(MODEL, 600n)
      await expect(sent).to.emit(payments, 'Tallied').withArgs(1000n, 1000n)
      expect((await payments.owed(MODEL)).contributors).to.equal(0n)
      expect(await payments.owedProtocol()).to.equal(50n)
    })

    it("pays the model's present owner, and tallies", async () => {
      const { payments, token, models, builder, stranger } = await loadFixture(redeemed)
      await models.connect(builder).transferModel(MODEL, stranger)
      await models.connect(stranger).acceptModel(MODEL)
      await expect(payments.connect(builder).collectOwner(MODEL))
        .to.emit(payments, 'OwnerCollected')
        .withArgs(MODEL, stranger, 250n)
      expect(await token.balanceOf(stranger)).to.equal(250n)
      expect(await payments.owedStakers()).to.equal(100n)
    })

    it('pays the treasury what was tallied', async () => {
      const { payments, token, treasury, stranger } = await loadFixture(redeemed)
      expect(await payments.owedProtocol()).to.equal(0n)
      await expect(payments.tally([MODEL, ADAPTER, MODEL]))
        .to.emit(payments, 'Tallied')
        .withArgs(1000n, 1000n)
      await expect(payments.connect(stranger).collectProtocol())
        .to.emit(payments, 'ProtocolCollected')
        .withArgs(50n)
      expect(await token.balanceOf(treasury)).to.equal(50n)
      expect(await payments.protocolFeesOf(MODEL)).to.equal(50n)
    })

    it('pays the stakers, whoever calls', async () => {
      const { payments, token, staking, owner, stranger } = await loadFixture(redeemed)
      await token.approve(staking, 1n)
      await staking.stake(1, 1n)
      await payments.tally([MODEL])
      await expect(payments.connect(stranger).collectStakers())
        .to.emit(payments, 'StakersCollected')
        .withArgs(100n)
      await time.increase(await staking.REWARD_PERIOD())
      expect(await staking.rewardOf(owner)).to.equal(100n)
    })

    it('leaves exactly nothing behind', async () => {
      const { payments, token } = await loadFixture(redeemed)
      await payments.collectContributors(MODEL)
      await payments.collectOwner(MODEL)
      await payments.collectProtocol()
      await payments.collectStakers()
      expect(await token.balanceOf(payments)).to.equal(0n)
    })

    describe('given nothing is owed', () => {
      it('reverts, a second time too', async () => {
        const { payments } = await loadFixture(redeemed)
        await payments.collectOwner(MODEL)
        await payments.collectContributors(MODEL)
        await payments.collectStakers()
        await payments.collectProtocol()
        const tries = [
          () => payments.collectOwner(MODEL),
          () => payments.collectContributors(MODEL),
          () => payments.collectStakers(),
          () => payments.collectProtocol(),
          () => payments.passLineage(MODEL),
          () => payments.passLineage(ADAPTER),
        ]
        for (const again of tries) {
          await expect(again()).to.be.revertedWithCustomError(payments, 'InferencePayments_NothingOwed')
        }
        await expect(payments.tally([MODEL])).not.to.emit(payments, 'Tallied')
      })
    })
  })

  describe('passLineage', () => {
    const DEPTH = 5

    /** Models 2 to 6 are each built on the one before and owe it half; each has an owner of its own. */
    async function lineage() {
      const given = await paymentsSystem()
      const { datanets, payments, payer, others } = given
      for (let depth = 1; depth <= DEPTH; depth++) {
        await datanets.setBuilder(1, others[depth]!, true)
        await registerModel(given, others[depth]!, depth === 1 ? MODEL : ADAPTER + depth - 1, 5000)
      }
      const leaf = ADAPTER + DEPTH
      await payments.connect(payer).payDirect(leaf, 6400n, REQUEST)
      return { ...given, leaf, owners: others.slice(0, DEPTH + 1) }
    }

    it('passes one step a call, down to the root', async () => {
      const { payments, leaf } = await loadFixture(lineage)
      // The leaf's owner part is 1600.
      let part = 1600n
      for (let modelId = leaf; modelId > ADAPTER; modelId--) {
        const base = modelId === ADAPTER + 1 ? MODEL : modelId - 1
        expect(await payments.owedLineage(modelId)).to.equal(part / 2n)
        await expect(payments.passLineage(modelId))
          .to.emit(payments, 'LineagePassed')
          .withArgs(modelId, base, part / 2n)
        expect((await payments.owed(modelId)).owner).to.equal(part / 2n)
        part /= 2n
      }
      expect((await payments.owed(MODEL)).owner).to.equal(50n)
    })

    it('is done by collectOwner, which pays what stays', async () => {
      const { payments, token, leaf, owners, builder } = await loadFixture(lineage)
      for (let modelId = leaf; modelId > ADAPTER; modelId--) await payments.collectOwner(modelId)
      await payments.collectOwner(MODEL)
      const balances = await Promise.all(owners.slice(1).map(owner => token.balanceOf(owner)))
      expect(balances).to.deep.equal([50n, 100n, 200n, 400n, 800n])
      expect(await token.balanceOf(builder)).to.equal(50n)
    })

    it('gives the same whatever the order of payments, passes and collections', async () => {
      const { payments, token, payer, leaf, builder, owners } = await loadFixture(lineage)
      await payments.collectOwner(leaf)
      await payments.connect(payer).payDirect(leaf - 1, 8n, REQUEST)
      await payments.collectOwner(leaf - 1)
      await payments.connect(payer).payDirect(leaf, 12n, REQUEST)
      await payments.passLineage(leaf)
      await payments.collectOwner(leaf - 1)
      await payments.collectOwner(leaf)
      // 25 % of 6412 is 1603; the base gets 801 of it, and 2 of its own; half of that goes on.
      expect(await token.balanceOf(owners[DEPTH]!)).to.equal(802n)
      expect(await token.balanceOf(owners[DEPTH - 1]!)).to.equal(402n)
      expect((await payments.owed(leaf - 2)).owner).to.equal(201n)
      expect(await token.balanceOf(builder)).to.equal(0n)
    })

    it('does not make a payment dearer', async () => {
      const { payments, payer, leaf } = await loadFixture(lineage)
      await payments.connect(payer).payDirect(MODEL, 10n, REQUEST)
      const [root, deep] = await Promise.all([
        payments.connect(payer).payDirect.estimateGas(MODEL, 10n, REQUEST),
        payments.connect(payer).payDirect.estimateGas(leaf, 10n, REQUEST),
      ])
      expect(deep).to.equal(root)
    })
  })
})
