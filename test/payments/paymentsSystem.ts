import { type BaseContract, type Signer, type TypedDataDomain, id } from 'ethers'
import { ethers } from 'hardhat'

export const RECEIPTS = id('receipts')
export const REQUEST = id('request')
export const SALT = id('salt')
export const MODEL = 1
export const ADAPTER = 2
export const SHARES = { protocol: 500, stakers: 1000, model: 2500 } as const

export const VOUCHER = {
  Voucher: [
    { name: 'payer', type: 'address' },
    { name: 'modelId', type: 'uint32' },
    { name: 'cumulative', type: 'uint128' },
  ],
}

const AUTHORIZATION = {
  ReceiveWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
}

export interface Voucher {
  payer: string
  modelId: number
  cumulative: bigint
}

/** The real contracts around the payments, and two models: a base, and an adapter that owes the base a tenth. */
export async function paymentsSystem() {
  const [owner, treasury, builder, server, payer, stranger, ...others] = await ethers.getSigners()
  const access = await ethers.deployContract('OpenAccess', [owner!])
  const token = await ethers.deployContract('OpenToken', [owner!, access])
  const staking = await ethers.deployContract('DatanetStaking', [token, access, 30 * 86_400])
  const datanets = await ethers.deployContract('DatanetRegistry', [staking])
  await staking.setRegistry(datanets)
  await datanets.createDatanet('Solidity code', id('metadata'), 0)
  await datanets.setBuilder(1, builder!, true)
  const models = await ethers.deployContract('ModelRegistry', [datanets])
  const escrow = await ethers.deployContract('RewardEscrow', [token, stranger!, owner!])
  const payments = await ethers.deployContract('InferencePayments', [
    token,
    models,
    escrow,
    staking,
    treasury!,
    SHARES.protocol,
    SHARES.stakers,
    SHARES.model,
  ])
  const given = {
    access,
    token,
    staking,
    datanets,
    models,
    escrow,
    payments,
    owner: owner!,
    treasury: treasury!,
    builder: builder!,
    server: server!,
    payer: payer!,
    stranger: stranger!,
    others,
    domain: await domainOf(payments, 'OpenDatanets InferencePayments'),
    tokenDomain: await domainOf(token, 'Open Datanets'),
  }
  await registerModel(given, builder!, 0, 0)
  await registerModel(given, builder!, MODEL, 1000)
  await token.transfer(payer!, 10_000n)
  await token.connect(payer!).approve(payments, ethers.MaxUint256)
  await payments.connect(payer!).deposit(1000n)
  return given
}

export type PaymentsSystem = Awaited<ReturnType<typeof paymentsSystem>>

async function domainOf(contract: BaseContract, name: string): Promise<TypedDataDomain> {
  return { name, version: '1', chainId: 31337, verifyingContract: await contract.getAddress() }
}

export async function registerModel(
  { models }: Pick<PaymentsSystem, 'models'>,
  builder: Signer,
  baseModelId: number,
  lineageBps: number,
) {
  await models.connect(builder).registerModel({
    name: 'model',
    baseModelId,
    datanetId: 1,
    artifactDigest: id('artifact'),
    manifestDigest: id('manifest'),
    pricePerToken: 1n,
    supersedes: 0,
    lineageBps,
  })
}

export function voucherOf({ payer }: PaymentsSystem, cumulative: bigint, modelId = MODEL): Voucher {
  return { payer: payer.address, modelId, cumulative }
}

export function sign({ domain }: PaymentsSystem, signer: Signer, voucher: Voucher) {
  return signer.signTypedData(domain, VOUCHER, voucher)
}

/** The arguments of `redeem`, signed by the payer. */
export async function signed(given: PaymentsSystem, cumulative: bigint, modelId = MODEL) {
  const voucher = voucherOf(given, cumulative, modelId)
  return [voucher, await sign(given, given.payer, voucher), RECEIPTS] as const
}

/** An EIP-3009 authorization of the payer to the payments, bound to a model and a request. */
export async function authorized(
  { payments, payer, tokenDomain }: PaymentsSystem,
  value: bigint,
  { modelId = MODEL, request = REQUEST, salt = SALT, validBefore = 1n << 63n } = {},
) {
  const nonce = await payments.authorizationNonce(modelId, request, salt)
  const to = await payments.getAddress()
  const message = { from: payer.address, to, value, validAfter: 0n, validBefore, nonce }
  const signature = await payer.signTypedData(tokenDomain, AUTHORIZATION, message)
  const { v, r, s } = ethers.Signature.from(signature)
  return { from: payer.address, value, validAfter: 0n, validBefore, salt, v, r, s }
}
