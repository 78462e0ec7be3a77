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
  model: ModelRegistration,
): Promise<RegisteredModel> {
  const call = 'ModelRegistry.registerModel'
  const contract = ModelRegistry__factory.connect(modelRegistry, signer)
  await decoded(call, contract.registerModel.staticCall(model))
  const transaction = await decoded(call, contract.registerModel(model))
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
