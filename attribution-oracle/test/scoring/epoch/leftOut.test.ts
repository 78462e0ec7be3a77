import {
  OnnxEngineError,
  decodeModel,
  encodeModel,
  forwardModel,
  initialWeights,
  tensor,
  trainBpe,
} from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { type PaidOutput, type ScoreInput, type ScoringModel, sha256 } from '../../../src/domain'
import { AttributionOracleError } from '../../../src/errors'
import { checkModel, scoreEpoch } from '../../../src/scoring'
import { LeftOut } from '../../../src/scoring/epoch/leftOut'
import { sourcesOf } from '../../screening/solidity'

const CONFIG = { vocabSize: 300, width: 16, layers: 1, heads: 2, mlpWidth: 32, contextLength: 16 }

const files = sourcesOf('solmate')
  .filter(({ text }) => text.length < 4000)
  .slice(0, 4)
  .map(({ text }, index) => ({ id: BigInt(index), bytes: new TextEncoder().encode(text) }))
const tokenizer = trainBpe(
  files.map(({ bytes }) => bytes),
  { vocabSize: CONFIG.vocabSize },
)
const weights = initialWeights(CONFIG, 'left out')
const graph = encodeModel(forwardModel(CONFIG, weights))
const contributionIds = files.map(({ id }) => id)

function modelOf(modelId: number, bytes = graph, json = tokenizer.toJson()): ScoringModel {
  const link = { modelId, checkpoints: [{ digest: sha256(bytes), bytes }], contributionIds }
  return { modelId, tokenizer: json, links: [link] }
}

function paid(modelId: number): PaidOutput {
  const outputTokens = tokenizer.encode(files[0]!.bytes).slice(0, 12)
  return { receiptId: `receipt ${modelId}`, modelId, promptTokens: [], outputTokens, amount: 100n }
}

function inputOf(models: ScoringModel[], referenceModelId = 1): ScoreInput {
  const settings = {
    projection: 2,
    fisherSamples: 16,
    windowTokens: CONFIG.contextLength,
    damping: '0.1',
    seed: 'left out',
    clipQuantile: '0.99',
  }
  const outputs = models.map(({ modelId }) => paid(modelId))
  const evaluation = [{ name: 'held out', bytes: files[1]!.bytes }]
  return { files, evaluation, referenceModelId, models, outputs, settings, workers: 1 }
}

/** The graph with every number of its last weight replaced. */
function withWeight(value: number): Uint8Array {
  const [name, { dims, data }] = [...weights].at(-1)!
  const changed = tensor('float32', dims, new Float32Array(data.length).fill(value))
  return encodeModel(forwardModel(CONFIG, new Map([...weights, [name, changed]])))
}

function withoutOutput(): Uint8Array {
  const model = decodeModel(graph)
  return encodeModel({ ...model, graph: { ...model.graph, outputs: [] } })
}

const json = JSON.parse(tokenizer.toJson()) as object
const broken: [what: string, model: ScoringModel, reason: RegExp][] = [
  ['a graph that is no ONNX file', modelOf(2, Uint8Array.of(1, 2, 3)), /^checkpoint 0x/],
  ['a graph that is cut off', modelOf(2, graph.subarray(0, graph.length >> 1)), /^checkpoint 0x/],
  ['a graph without logits', modelOf(2, withoutOutput()), /logits/],
  ['a graph with a smaller vocabulary', modelOf(2, smallVocabulary()), /^checkpoint 0x/],
  ['weights that are not finite', modelOf(2, withWeight(NaN)), /not finite/],
  ['weights that overflow', modelOf(2, withWeight(3e38)), /not finite/],
  ['a tokenizer that is no JSON', modelOf(2, graph, 'tokens'), /^tokenizer: .*JSON/],
  ['a tokenizer of another kind', modelOf(2, graph, '{}'), /^tokenizer: /],
  [
    'a tokenizer that crashes its reader',
    modelOf(2, graph, JSON.stringify({ ...json, added_tokens: [null] })),
    /^tokenizer: /,
  ],
]

function smallVocabulary(): Uint8Array {
  const config = { ...CONFIG, vocabSize: 20 }
  return encodeModel(forwardModel(config, initialWeights(config, 'small')))
}

describe('scoreEpoch', () => {
  const good = modelOf(1)
  let alone: Awaited<ReturnType<typeof scoreEpoch>>

  before(async () => {
    alone = await scoreEpoch(inputOf([good]))
  })

  it('leaves out nobody who can be scored', () => {
    expect(alone.leftOut.size).to.equal(0)
    expect(alone.value.size).to.equal(files.length)
    expect([...alone.usage.keys()]).to.deep.equal([1])
  })

  for (const [what, model, reason] of broken) {
    describe(`given a paid model with ${what}`, () => {
      it('leaves it out with a reason and scores the others as if it were not there', async () => {
        const scores = await scoreEpoch(inputOf([model, good]))
        expect([...scores.leftOut.keys()]).to.deep.equal([2])
        expect(scores.leftOut.get(2)).to.match(reason)
        expect([...scores.value]).to.deep.equal([...alone.value])
        expect([...scores.noise]).to.deep.equal([...alone.noise])
        expect([...scores.usage]).to.deep.equal([...alone.usage])
        expect(scores.receipt).to.deep.equal(alone.receipt)
      })
    })
  }

  describe('given a reference model that cannot be scored', () => {
    it('gives no value and no noise, and the usage of the others', async () => {
      const scores = await scoreEpoch(inputOf([modelOf(2, withWeight(NaN)), good], 2))
      expect([...scores.leftOut.keys()]).to.deep.equal([2])
      expect([scores.value.size, scores.noise.size]).to.deep.equal([0, 0])
      expect([...scores.usage]).to.deep.equal([...alone.usage])
    })
  })

  describe('given an adapter whose last checkpoint is broken', () => {
    it('leaves out the adapter and not its base', async () => {
      const adapter = { ...good, modelId: 2, links: [...good.links, ...modelOf(2, withWeight(NaN)).links] }
      const scores = await scoreEpoch(inputOf([good, adapter]))
      expect([...scores.leftOut.keys()]).to.deep.equal([2])
      expect([...scores.value]).to.deep.equal([...alone.value])
      expect([...scores.usage.keys()]).to.deep.equal([1])
    })
  })

  describe('given another model with the same graph', () => {
    it('lets it change nothing by its choice of contributions', async () => {
      const learnedFrom = (model: ScoringModel, ids: bigint[]): ScoringModel => {
        return { ...model, links: [{ ...model.links[0]!, contributionIds: ids }] }
      }
      const victim = learnedFrom(good, [1n, 2n])
      const before = await scoreEpoch(inputOf([victim]))
      const after = await scoreEpoch(inputOf([victim, learnedFrom(modelOf(2), [0n, 2n, 3n])]))
      expect([...after.value.keys()]).to.deep.equal([1n, 2n])
      expect([...after.value]).to.deep.equal([...before.value])
      expect(after.usage.get(1)).to.deep.equal(before.usage.get(1))
    })
  })
})

describe('checkModel', () => {
  const json = tokenizer.toJson()

  it('knows a model that can be scored', () => {
    expect(checkModel(json, graph)).to.equal(true)
  })

  it('refuses what cannot be decoded or differentiated', () => {
    for (const bytes of [Uint8Array.of(1, 2, 3), graph.subarray(0, graph.length >> 1), withoutOutput()])
      expect(checkModel(json, bytes)).to.equal(false)
    for (const text of ['tokens', '{}']) expect(checkModel(text, graph)).to.equal(false)
  })
})

describe('LeftOut', () => {
  const failing = (error: unknown): Promise<unknown> =>
    new LeftOut(undefined)
      .unlessBroken([1], 'step', () => Promise.reject(error))
      .catch((caught: unknown) => caught)

  it('takes no model for the fault of the machine', async () => {
    const error = await failing(new OnnxEngineError('THREAD_DIED', { reason: 'killed' }))
    expect(error).to.be.instanceOf(AttributionOracleError).with.property('code', 'SCORING_FAILED')
  })

  it('lets nothing go on after a broken invariant', async () => {
    const broken = new AttributionOracleError(
      'INVARIANT_BROKEN',
      { what: 'planted' },
      { invariant: 'planted', got: 'no', expected: 'yes' },
    )
    expect(await failing(broken)).to.equal(broken)
  })

  it('stops with ABORTED when the signal is aborted', async () => {
    const error = await new LeftOut(AbortSignal.abort())
      .unlessBroken([1], 'step', () => 1)
      .catch((caught: unknown) => caught)
    expect(error).to.be.instanceOf(AttributionOracleError).with.property('code', 'ABORTED')
  })
})
