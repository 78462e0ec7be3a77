import { parseEther, ZeroHash, type Signer } from 'ethers'
import {
  DatanetRegistry__factory,
  DatanetStaking__factory,
  InferencePayments__factory,
  ModelRegistry__factory,
  OpenAccess__factory,
  OpenToken__factory,
  RewardEscrow__factory,
  type InferencePayments,
  type ModelRegistry,
  type OpenToken,
} from '../../typechain-types'
import type { PaymentsDomain } from '../src/paymentsDomain'
import { startChain, type EmbeddedChain } from '@open-datanets/embedded-chain'

export const PRICE = 1_000_000_007n

export interface PaidSystem {
  anvil: EmbeddedChain
  token: OpenToken
  models: ModelRegistry
  payments: InferencePayments
  domain: PaymentsDomain
  /** with a deposit of one token each */
  payers: Signer[]
}

/**
 * The contracts that take part in a payment, on a node of its own: one datanet, four models (1 the base, 2 to 4
 * adapters on it) of account 0, who also redeems, and three payers.
 */
export async function startPaidSystem(): Promise<PaidSystem> {
  const anvil = await startChain()
  try {
    return await deploy(anvil)
  } catch (error) {
    await anvil.stop()
    throw error
  }
}

async function deploy(anvil: EmbeddedChain): Promise<PaidSystem> {
  const operator = anvil.account(0)
  const { address } = operator
  const access = await new OpenAccess__factory(operator).deploy(address)
  const token = await new OpenToken__factory(operator).deploy(address, access)
  const staking = await new DatanetStaking__factory(operator).deploy(token, access, 86_400)
  const datanets = await new DatanetRegistry__factory(operator).deploy(staking)
  const models = await new ModelRegistry__factory(operator).deploy(datanets)
  const escrow = await new RewardEscrow__factory(operator).deploy(token, address, address)
  const factory = new InferencePayments__factory(operator)
  const payments = await factory.deploy(token, models, escrow, staking, address, 500, 500, 3000)
  await payments.waitForDeployment()
  await (await datanets.createDatanet('Solidity code', ZeroHash, 0)).wait()
  for (const modelId of [1, 2, 3, 4]) await registerModel(models, modelId)

  const payers = [1, 2, 3].map(index => anvil.account(index))
  for (const payer of payers) {
    await (await token.transfer(payer.address, parseEther('2'))).wait()
    await (await token.connect(payer).approve(payments, parseEther('1'))).wait()
    await (await payments.connect(payer).deposit(parseEther('1'))).wait()
  }
  return {
    anvil,
    token,
    models,
    payments,
    domain: { chainId: 31337n, payments: await payments.getAddress() },
    payers,
  }
}

async function registerModel(models: ModelRegistry, modelId: number): Promise<void> {
  const digest = `0x${String(modelId).padStart(64, '0')}`
  const model = {
    name: `model ${modelId}`,
    baseModelId: modelId === 1 ? 0 : 1,
    datanetId: 1,
    pricePerToken: PRICE,
    supersedes: 0,
    lineageBps: 0,
  }
  await (await models.registerModel({ ...model, artifactDigest: digest, manifestDigest: digest })).wait()
}
