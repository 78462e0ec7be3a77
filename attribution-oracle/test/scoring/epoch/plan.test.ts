import { expect } from 'chai'
import type { Digest, PaidOutput, ScoreInput, ScoringModel } from '../../../src/domain'
import { AttributionOracleError } from '../../../src/errors'
import { planCheckpoints } from '../../../src/scoring/epoch/plan'

const digest = (letter: string): Digest => `0x${letter.repeat(64)}`
const checkpoint = (letter: string): ScoringModel['links'][number]['checkpoints'][number] => ({
  digest: digest(letter),
  bytes: new Uint8Array(),
})
const base = { modelId: 1, checkpoints: [checkpoint('a'), checkpoint('b')], contributionIds: [0n, 1n, 2n] }
const adapter = { modelId: 2, checkpoints: [checkpoint('c')], contributionIds: [1n] }
const models: ScoringModel[] = [
  { modelId: 1, tokenizer: '{}', links: [base] },
  { modelId: 2, tokenizer: '{}', links: [base, adapter] },
]
const paid = (receiptId: string, modelId: number): PaidOutput => ({
  receiptId,
  modelId,
  promptTokens: [],
  outputTokens: [1],
  amount: 1n,
})

function input(referenceModelId: number | undefined, outputs: PaidOutput[]): ScoreInput {
  const settings = {
    projection: 4,
    fisherSamples: 8,
    windowTokens: 8,
    damping: '0.1',
    seed: 's',
    clipQuantile: '0.99',
  }
  return { files: [], evaluation: [], referenceModelId, models, outputs, settings, workers: 1 }
}

describe('planCheckpoints', () => {
  it('visits a checkpoint once, for all models that stand on it', () => {
    const [first, second] = [paid('x', 1), paid('y', 2)]
    const tasks = planCheckpoints(input(1, [first, second]))
    expect(
      tasks.map(task => [task.digest, task.measuresValue, task.outputs, task.contributionIds]),
    ).to.deep.equal([
      [digest('a'), true, [first, second], [0n, 1n, 2n]],
      [digest('b'), true, [first, second], [0n, 1n, 2n]],
      [digest('c'), false, [second], [1n]],
    ])
  })

  it('shares no work between models that disagree on tokenizer or contributions', () => {
    const copies: ScoringModel[] = [
      { modelId: 1, tokenizer: '{}', links: [base] },
      { modelId: 2, tokenizer: '[]', links: [base] },
      { modelId: 3, tokenizer: '{}', links: [{ ...base, contributionIds: [7n] }] },
    ]
    const tasks = planCheckpoints({ ...input(1, [paid('x', 2), paid('y', 3)]), models: copies })
    expect(
      tasks.map(({ digest, modelIds, measuresValue }) => [digest, ...modelIds, measuresValue]),
    ).to.deep.equal([
      [digest('a'), 1, true],
      [digest('b'), 1, true],
      [digest('a'), 2, false],
      [digest('b'), 2, false],
      [digest('a'), 3, false],
      [digest('b'), 3, false],
    ])
  })

  it('leaves out models that nobody paid for', () => {
    expect(planCheckpoints(input(1, [])).map(task => task.digest)).to.deep.equal([digest('a'), digest('b')])
    expect(planCheckpoints(input(undefined, []))).to.deep.equal([])
  })

  it('refuses a reference model that is not there', () => {
    expect(() => planCheckpoints(input(9, []))).to.throw(AttributionOracleError, 'model 9')
  })
})
