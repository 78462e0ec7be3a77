import { expect } from 'chai'
import { id } from 'ethers'

import { CURATED_DATANET, OPEN_DATANET, STAKED_DATANET } from './datanets'
import type { World } from './world'

export const BASE = 1
export const ADAPTER = 2
export const NEXT_VERSION = 3
export const MODELS = [BASE, ADAPTER, NEXT_VERSION]
/** The part of the adapter owner's fees that is the base owner's. */
export const LINEAGE_BPS = 2_000

/** A base model, an adapter on it that owes it a part, and the base's next version. */
export async function registerModels({ system, cast }: World): Promise<void> {
  const { datanetRegistry, modelRegistry, inferencePayments } = system
  const [baseOwner, adapterOwner] = cast.builders
  const [first, second, third] = cast.datanetOwners
  await datanetRegistry.connect(first!).setBuilder(OPEN_DATANET, baseOwner!, true)
  await datanetRegistry.connect(second!).setBuilder(STAKED_DATANET, adapterOwner!, true)
  await datanetRegistry.connect(third!).setBuilder(CURATED_DATANET, baseOwner!, true)
  const model = { artifactDigest: id('artifact'), manifestDigest: id('training'), pricePerToken: 1_000n }
  await modelRegistry.connect(baseOwner!).registerModel({
    ...model,
    name: 'Auditor',
    baseModelId: 0,
    datanetId: OPEN_DATANET,
    supersedes: 0,
    lineageBps: 0,
  })
  await modelRegistry.connect(adapterOwner!).registerModel({
    ...model,
    name: 'Auditor with findings',
    baseModelId: BASE,
    datanetId: STAKED_DATANET,
    supersedes: 0,
    lineageBps: LINEAGE_BPS,
  })
  await modelRegistry.connect(baseOwner!).registerModel({
    ...model,
    name: 'Auditor 2',
    baseModelId: 0,
    datanetId: CURATED_DATANET,
    supersedes: BASE,
    lineageBps: 0,
  })
  expect((await modelRegistry.modelOf(NEXT_VERSION)).version).to.equal(2n)
  for (const modelId of MODELS) {
    const owner = modelId === ADAPTER ? adapterOwner! : baseOwner!
    await inferencePayments.connect(owner).setServer(modelId, cast.server, true)
  }
}
