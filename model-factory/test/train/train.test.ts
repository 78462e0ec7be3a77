import { canonicalBytes, sha256, type ContentStore } from '@open-datanets/content-store'
import { decodeModel, decodeSafetensors } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { rm } from 'node:fs/promises'
import {
  evaluate,
  loadAdapter,
  loadBase,
  trainAdapter,
  trainBase,
  trainingManifest,
  type AdapterModel,
  type BaseModel,
  type FactoryProgress,
} from '../../src'
import { faultOf } from '../scene/faultOf'
import { emptyStore, smallCorpus, smallJob } from '../scene/trainingScene'

describe('training', () => {
  const { data, heldOut } = smallCorpus()
  const job = smallJob()
  const progress: FactoryProgress[] = []
  let folder: string
  let content: ContentStore
  let base: BaseModel & { modelId: number }
  let adapters: AdapterModel[]

  before(async () => {
    ;({ content, folder } = await emptyStore())
    const trained = await trainBase(job, data, heldOut, { content, onProgress: step => progress.push(step) })
    base = { ...trained, modelId: 7 }
    adapters = await Promise.all(
      job.adapters.map(spec => trainAdapter(base, spec, data, heldOut, { content })),
    )
  })
  after(() => rm(folder, { recursive: true }))

  describe('trainBase', () => {
    it('beats the bigram, which beats the unigram, on the same held-out tokens', () => {
      const { model, unigram, bigram } = base.manifest.evaluation.loss
      expect(model.lossPerToken).to.be.lessThan(bigram.lossPerToken)
      expect(bigram.lossPerToken).to.be.lessThan(unigram.lossPerToken)
      expect([unigram.tokens, bigram.tokens]).to.deep.equal([model.tokens, model.tokens])
      expect(model.bytes).to.equal(heldOut.files.reduce((sum, { bytes }) => sum + bytes.length, 0))
    })

    it('publishes a manifest that says what it was made from', async () => {
      const { manifest, manifestDigest } = base
      expect(await content.get(manifestDigest)).to.deep.equal(canonicalBytes(manifest))
      expect(trainingManifest.parse(manifest)).to.deep.equal(manifest)
      expect(manifest.contributionIds).to.deep.equal(data.files.map(({ id }) => id))
      expect(manifest.snapshot).to.equal(data.snapshot)
      expect(manifest.evaluation.heldOut).to.equal(heldOut.digest)
    })

    it('publishes forward graphs from early to late, the last of them the model', async () => {
      const { checkpoints, model } = base.manifest
      expect(checkpoints).to.have.length(2)
      expect(checkpoints[1]).to.equal(model)
      for (const digest of checkpoints) {
        const { graph } = decodeModel(await content.get(digest))
        expect(graph.inputs.map(({ name }) => name)).to.deep.equal(['tokens'])
        expect(graph.outputs.map(({ name }) => name)).to.deep.equal(['logits'])
      }
      const losses = []
      for (const digest of checkpoints) {
        const options = { tokenizer: base.tokenizer, contextLength: base.config.contextLength }
        losses.push(
          (await evaluate({ model: await content.get(digest), ...options }, heldOut.files)).lossPerToken,
        )
      }
      expect(losses[1]).to.be.lessThan(losses[0]!)
      expect(losses[1]).to.equal(base.manifest.evaluation.loss.model.lossPerToken)
    })

    it('reports tokenizer, every step, and the evaluation', () => {
      const stages = new Set(progress.map(({ stage }) => stage))
      expect([...stages]).to.deep.equal(['tokenizer', 'train', 'evaluate'])
      const steps = progress.filter(({ stage }) => stage === 'train')
      expect(steps.map(({ done }) => done)).to.deep.equal(Array.from({ length: 60 }, (_, i) => i + 1))
      expect(steps.every(({ loss }) => Number.isFinite(loss))).to.equal(true)
    })

    it('gives the same bits for the same job and data, on one thread and on two', async () => {
      const options = { content }
      const again = await trainBase(job, data, heldOut, options)
      expect(again.manifestDigest).to.equal(base.manifestDigest)
      const sharded = smallJob({ shards: 2 })
      const [first, second] = [
        await trainBase(sharded, data, heldOut, options),
        await trainBase(sharded, data, heldOut, options),
      ]
      expect(second.manifestDigest).to.equal(first.manifestDigest)
    })

    it('gives another model for another seed', async () => {
      const other = await trainBase(smallJob({ seed: 'other' }), data, heldOut, { content })
      expect(other.manifest.model).not.to.equal(base.manifest.model)
      expect(other.manifest.tokenizer).to.equal(base.manifest.tokenizer)
    })

    it('stops in the middle of the training when told to', async () => {
      const controller = new AbortController()
      const reason = new Error('enough')
      let last = 0
      const act = trainBase(job, data, heldOut, {
        content,
        signal: controller.signal,
        onProgress: ({ stage, done }) => {
          if (stage === 'train') last = done
          if (last === 3) controller.abort(reason)
        },
      })
      expect(await act.catch((error: unknown) => error)).to.equal(reason)
      expect(last).to.equal(3)
    })

    it('refuses to train on nothing', async () => {
      const fault = await faultOf(trainBase(job, { ...data, files: [] }, heldOut, { content }))
      expect(fault?.code).to.equal('NO_FILES')
    })
  })

  describe('trainAdapter', () => {
    it('lowers the held-out loss of its own domain', () => {
      for (const { manifest } of adapters) {
        const { before, after } = manifest.evaluation.loss
        expect(after.lossPerToken, manifest.name).to.be.lessThan(before.lossPerToken)
      }
    })

    it('names its base and only the contributions of its domain', () => {
      const [math] = adapters
      expect(math!.manifest.baseModelId).to.equal(7)
      expect(math!.manifest.base).to.equal(base.manifestDigest)
      expect(math!.manifest.contributionIds).to.deep.equal([103, 107, 111, 115])
      expect(trainingManifest.parse(math!.manifest)).to.deep.equal(math!.manifest)
    })

    it('stores the adapter in float16 under PEFT names, with the digest of its base', async () => {
      const { tensors, metadata } = decodeSafetensors(await content.get(adapters[0]!.manifest.adapter))
      const query = tensors.get('base_model.model.layers.0.attention.query.lora_A.weight')
      expect(query!.dims).to.deep.equal([4, 32])
      expect(metadata).to.deep.include({ base: base.manifest.model, rank: '4', alpha: '8' })
    })

    it('merges into the graph that its loss was measured on', async () => {
      const { manifest } = adapters[0]!
      const files = heldOut.files.filter(({ name }) => name.startsWith('math/'))
      const model = await content.get(manifest.model)
      const options = { model, tokenizer: base.tokenizer, contextLength: base.config.contextLength }
      expect(await evaluate(options, files)).to.deep.equal(manifest.evaluation.loss.after)
    })

    it('gives the same bits alone as beside others', async () => {
      const alone = await trainAdapter(base, job.adapters[1]!, data, heldOut, { content })
      expect(alone.manifestDigest).to.equal(adapters[1]!.manifestDigest)
    })

    it('refuses a domain without files', async () => {
      const spec = { ...job.adapters[0]!, match: '^nowhere/' }
      expect(await faultOf(trainAdapter(base, spec, data, heldOut, { content }))).to.deep.equal({
        code: 'NO_FILES',
        data: { purpose: 'train math', match: '^nowhere/' },
      })
    })
  })

  describe('loadBase and loadAdapter', () => {
    it('give back from the content store what was trained', async () => {
      const loaded = await loadBase(base.manifestDigest, content)
      expect(loaded.manifest).to.deep.equal(base.manifest)
      expect(loaded.tokenizer.toJson()).to.equal(base.tokenizer.toJson())
      expect(loaded.weights).to.deep.equal(base.weights)
      const adapter = await loadAdapter(loaded, adapters[0]!.manifestDigest, content)
      expect(adapter.adapter).to.deep.equal(adapters[0]!.adapter)
    })

    it('let an adapter be trained elsewhere with the same bits', async () => {
      const elsewhere = { ...(await loadBase(base.manifestDigest, content)), modelId: 7 }
      const { manifestDigest } = await trainAdapter(elsewhere, job.adapters[0]!, data, heldOut, { content })
      expect(manifestDigest).to.equal(adapters[0]!.manifestDigest)
    })

    it('refuse an adapter of another base', async () => {
      const other = { ...base, manifestDigest: sha256(Buffer.from('other')) }
      const fault = await faultOf(loadAdapter(other, adapters[0]!.manifestDigest, content))
      expect(fault?.code).to.equal('WRONG_MODEL')
    })

    it('refuse a tokenizer of another size', async () => {
      const causalLm = { ...base.manifest.causalLm, vocabSize: 321 }
      const digest = await content.put(canonicalBytes({ ...base.manifest, causalLm }))
      expect((await faultOf(loadBase(digest, content)))?.code).to.equal('WRONG_MODEL')
    })

    it('refuse a manifest of the other kind', async () => {
      const fault = await faultOf(loadBase(adapters[0]!.manifestDigest, content))
      expect(fault?.code).to.equal('INVALID_DOCUMENT')
    })
  })
})
