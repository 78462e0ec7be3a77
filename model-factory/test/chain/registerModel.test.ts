import { sha256 } from '@open-datanets/content-store'
import { expect } from 'chai'
import { registerModel, type ModelRegistration } from '../../src'
import { faultOf } from '../scene/faultOf'
import { Registries } from '../scene/registries'

describe('registerModel', () => {
  let scene: Registries
  let model: ModelRegistration

  before(async () => {
    scene = await Registries.start()
    model = {
      name: 'solidity',
      baseModelId: 0,
      datanetId: await scene.createDatanet(),
      artifactDigest: sha256(Buffer.from('artifact')),
      manifestDigest: sha256(Buffer.from('manifest')),
      pricePerToken: 10n ** 15n,
    }
  })
  after(() => scene.stop())

  it('gives the ids of a base and of its adapter, as the chain has them', async () => {
    const registry = await scene.models.getAddress()
    const base = await registerModel(scene.anvil.account(0), registry, model)
    const adapter = await registerModel(scene.anvil.account(0), registry, {
      ...model,
      name: 'math',
      baseModelId: base.modelId,
    })
    expect([base.modelId, adapter.modelId]).to.deep.equal([1, 2])
    const onChain = await scene.models.modelOf(adapter.modelId)
    expect(onChain.name).to.equal('math')
    expect(onChain.baseModelId).to.equal(1n)
    expect(onChain.manifestDigest).to.equal(model.manifestDigest)
    const receipt = await scene.anvil.provider.getTransactionReceipt(adapter.transactionHash)
    expect(adapter.gasUsed).to.equal(receipt!.gasUsed)
  })

  it('names the reason of a refusal and sends nothing', async () => {
    const stranger = scene.anvil.account(4)
    const fault = await faultOf(registerModel(stranger, await scene.models.getAddress(), model))
    expect(fault).to.deep.equal({
      code: 'CHAIN_CALL_FAILED',
      data: {
        call: 'ModelRegistry.registerModel',
        reason: `ModelRegistry_NotBuilder(${model.datanetId}, ${stranger.address})`,
      },
    })
    expect(await stranger.getNonce()).to.equal(0)
  })
})
