import { trainBpe } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { AttributionOracleError } from '../../../src/errors'
import { coalitionLosses } from '../../../src/scoring'
import { sourcesOf } from '../../screening/solidity'

const [held, ...texts] = sourcesOf('solmate')
  .filter(({ text }) => text.length > 1500 && text.length < 4000)
  .slice(0, 4)
  .map(({ text }) => new TextEncoder().encode(text)) as [Uint8Array, ...Uint8Array[]]
const tokenizer = trainBpe(texts, { vocabSize: 300 })
const recipe = {
  causalLm: {
    vocabSize: tokenizer.vocabSize,
    width: 16,
    layers: 1,
    heads: 2,
    mlpWidth: 32,
    contextLength: 16,
  },
  training: {
    seed: 'audit',
    steps: 40,
    batch: 8,
    learningRate: 1e-2,
    warmupSteps: 4,
    finalShare: 0.1,
    clipNorm: 1,
    weightDecay: 0,
    shards: 1,
  },
}
const NONE = [0, 0]
const FIRST = [1, 0]
const ALL = [1, 1]

function input(members: readonly number[][], workers = 1) {
  return {
    tokenizer: tokenizer.toJson(),
    recipe,
    files: [texts.slice(0, 1), texts.slice(1)],
    heldOut: [held],
    members: Uint8Array.from(members.flat()),
    workers,
  }
}

describe('coalitionLosses', () => {
  it('is what the model begins with where nobody takes part, and less where anybody does', async () => {
    const [none, first, all] = await coalitionLosses(input([NONE, FIRST, ALL]))
    expect(none).to.be.closeTo(Math.log(tokenizer.vocabSize), 0.3)
    expect(first).to.be.below(none! - 0.5)
    expect(all).to.be.below(none! - 0.5)
    expect(all).to.not.equal(first)
  })

  it('gives the same bits with any number of workers, and trains equal coalitions once', async () => {
    const trainings = new Set<number>()
    const onProgress = ({ total }: { total: number }): unknown => trainings.add(total)
    const repeated = await coalitionLosses({ ...input([FIRST, ALL, FIRST], 3), onProgress })
    const [first, all] = await coalitionLosses(input([FIRST, ALL]))
    expect([...repeated]).to.deep.equal([first, all, first])
    expect([...trainings]).to.deep.equal([2])
  })

  it('stops with ABORTED, and names a recipe that cannot be trained', async () => {
    const faultOf = (run: Promise<unknown>): Promise<unknown> => run.catch((error: unknown) => error)
    const signal = AbortSignal.abort()
    expect(await faultOf(coalitionLosses({ ...input([ALL]), signal })))
      .to.be.instanceOf(AttributionOracleError)
      .with.property('code', 'ABORTED')
    const heads = { ...recipe, causalLm: { ...recipe.causalLm, heads: 3 } }
    expect(await faultOf(coalitionLosses({ ...input([ALL]), recipe: heads })))
      .to.be.instanceOf(AttributionOracleError)
      .with.property('code', 'SCORING_FAILED')
  })
})
