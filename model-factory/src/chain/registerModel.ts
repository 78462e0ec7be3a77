import type { Digest } from '@open-datanets/content-store'
import type { Signer } from 'ethers'
import { ModelRegistry__factory } from '../../../typechain-types/factories/contracts/registry/ModelRegistry__factory'
import { ModelFactoryError } from '../errors'
import { decoded } from './revertReason'

export interface ModelRegistration {
  name: string
  /** 0 for a base model. */
  baseModelId: number
  datanetId: number
  /** The model of a base, the safetensors of an adapter. */
  artifactDigest: Digest
  /** Of the training manifest. */
  manifestDigest: Digest
  /** In wei. */
  pricePerToken: bigint
  /** An older model of the same owner that this one is the next version of. Default: none. */
  supersedes?: number
  /** The part of the owner's fees that goes to the owner of the base, in basis points. Default 0. */
  lineageBps?: number
}

export interface RegisteredModel {
  modelId: number
  gasUsed: bigint
  transactionHash: string
}

/**
 * Registers a model and waits for its block. The call is tried without a transaction first, so that a refusal costs
 * nothing and names its reason. Throws CHAIN_CALL_FAILED.
 * @param modelRegistry Address of the ModelRegistry.
 */
export async function registerModel(
  signer: Signer,
  modelRegistry: string,
  { supersedes = 0, lineageBps = 0, ...model }: ModelRegistration,
): Promise<RegisteredModel> {
  const call = 'ModelRegistry.registerModel'
  const contract = ModelRegistry__factory.connect(modelRegistry, signer)
  const params = { ...model, supersedes, lineageBps }
  await decoded(call, contract.registerModel.staticCall(params))
  const transaction = await decoded(call, contract.registerModel(params))
  const receipt = await decoded(call, transaction.wait())
  const event = receipt?.logs
    .filter(log => log.address.toLowerCase() === modelRegistry.toLowerCase())
    .map(log => contract.interface.parseLog(log))
    .find(parsed => parsed?.name === 'ModelRegistered')
  if (!receipt || !event)
    throw new ModelFactoryError('CHAIN_CALL_FAILED', {
      call,
      reason: 'no ModelRegistered event in the receipt',
    })
  return { modelId: Number(event.args.modelId), gasUsed: receipt.gasUsed, transactionHash: receipt.hash }
}
