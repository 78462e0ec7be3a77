import { expect } from 'chai'
import type { PaidOutput, ScoreInput, ScoringModel, ScreenResult } from '../../../src/domain'
import { AttributionOracleError } from '../../../src/errors'
import { scoreEpoch, TOTAL_WEIGHT, toWeights } from '../../../src/scoring'
import { DEFAULT_SCREENING_RULES, screen } from '../../../src/screening'
import { type Commitment, reducedDatanet } from './datanet'
import { type SmallModel, trainSmallModel } from './smallModel'

const STEPS = 220

describe('screening and scoring of a real, small datanet', function () {
  this.timeout(180_000)
  const { commitments, evaluation } = reducedDatanet()
  let model: SmallModel
  let input: ScoreInput
  let first: Awaited<ReturnType<typeof scoreEpoch>>
  let verdicts: ScreenResult[]
  let weights: Map<bigint, bigint>

  before(async () => {
    const accepted = screen(commitments, DEFAULT_SCREENING_RULES).filter(
      ({ verdict }) => verdict === 'accepted',
    )
    const files = accepted.map(({ id }) => commitments[Number(id)] as Commitment)
    model = await trainSmallModel(files, STEPS)
    const contributionIds = files.map(({ id }) => id)
    const links = [{ modelId: 1, checkpoints: model.checkpoints, contributionIds }]
    input = {
      files,
      evaluation,
      referenceModelId: 1,
      models: [{ modelId: 1, tokenizer: model.tokenizer.toJson(), links }],
      outputs: [],
      settings: {
        projection: 8,
        fisherSamples: 256,
        windowTokens: 64,
        damping: '0.1',
        seed: 'epoch 1',
        clipQuantile: '0.99',
      },
      workers: 2,
    }
    first = await scoreEpoch(input)
    verdicts = screen(commitments, DEFAULT_SCREENING_RULES, first.noise)
    weights = toWeights(
      new Map(verdicts.map(({ id, novelty }) => [id, novelty * (first.value.get(id) ?? 0)])),
    )
  })

  const of = (...kinds: Commitment['kind'][]): { commitment: Commitment; result: ScreenResult }[] =>
    commitments.flatMap((commitment, index) => {
      return kinds.includes(commitment.kind) ? [{ commitment, result: verdicts[index] as ScreenResult }] : []
    })

  describe('given copies', () => {
    it('pays them nothing and names the original', () => {
      const copies = of('exact copy', 'renamed copy')
      expect(copies.map(({ result }) => result.verdict)).to.deep.equal(copies.map(() => 'copy'))
      for (const { commitment, result } of copies) {
        const original = commitments[Number(result.representative)] as Commitment
        expect(original.kind).to.equal('honest')
        expect(weights.get(commitment.id)).to.equal(undefined)
      }
    })
  })

  describe('given noise', () => {
    it('pays none of it, also where it lexes as source', () => {
      const noise = of('noise', 'hex')
      expect(
        noise.filter(({ result }) => result.verdict === 'accepted').map(({ commitment }) => commitment.name),
      ).to.deep.equal([])
      for (const { commitment } of noise) expect(weights.get(commitment.id)).to.equal(undefined)
    })

    it('rejects it with a reason, or as a copy of other noise', () => {
      for (const { commitment, result } of of('noise')) {
        const original = verdicts[Number(result.representative)] as ScreenResult
        expect(`${commitment.name}: ${original.reason}, ${original.detail}`).to.match(
          /: (NOISE|NOT_TEXT), .*\d/,
        )
      }
    })

    it('leaves a wide gap between it and honest files', () => {
      const orders = (kind: Commitment['kind']): number[] =>
        of(kind).flatMap(({ commitment }) => first.noise.get(commitment.id)?.order ?? [])
      expect(Math.max(...orders('noise'))).to.be.below(0.45)
      expect(Math.min(...orders('honest'))).to.be.above(0.6)
    })
  })

  describe('given honest files', () => {
    it('rejects fewer than 2 % of them as noise', () => {
      const rejected = of('honest').filter(
        ({ result }) => result.reason === 'NOISE' || result.reason === 'OUTLIER',
      )
      expect(rejected.length / of('honest').length).to.be.below(0.02)
    })

    it('pays them the whole pool', () => {
      const paid = of('honest').reduce((sum, { commitment }) => sum + (weights.get(commitment.id) ?? 0n), 0n)
      expect(paid).to.equal(TOTAL_WEIGHT)
    })

    it('values them above noise, byte for byte', () => {
      const density = (kind: Commitment['kind']): number[] =>
        of(kind)
          .filter(({ commitment }) => first.value.has(commitment.id))
          .map(({ commitment: { id, bytes } }) => (first.value.get(id) as number) / bytes.length)
          .sort((a, b) => a - b)
      const median = (values: readonly number[]): number => values[values.length >> 1] as number
      expect(median(density('honest'))).to.be.above(median(density('noise')))
      expect(median(density('honest'))).to.be.above(0)
    })
  })

  describe('given paid outputs', () => {
    it('credits the file that an output repeats, among the first of all files', async () => {
      const sources = input.files.filter(({ id }) => weights.has(id)).filter((_, index) => index % 4 === 0)
      // one model per output, all on the same checkpoints, so that each output's shares can be seen on their own
      const [base] = input.models as [ScoringModel]
      const models = sources.map((_, index) => ({ ...base, modelId: 10 + index }))
      const outputs = sources.map(({ id, bytes }, index): PaidOutput => {
        const ids = model.tokenizer.encode(bytes).slice(64, 128)
        const [promptTokens, outputTokens] = [ids.slice(0, 16), ids.slice(16)]
        return { receiptId: String(id), modelId: 10 + index, promptTokens, outputTokens, amount: 1000n }
      })
      const { usage, value } = await scoreEpoch({ ...input, models, outputs, referenceModelId: undefined })
      const ranks = sources.map(({ id }, index) => {
        const shares = usage.get(10 + index) as ReadonlyMap<bigint, number>
        const sum = [...shares.values()].reduce((total, share) => total + share, 0)
        expect(sum).to.be.closeTo(1000, 1e-6)
        return [...shares.values()].filter(share => share > (shares.get(id) ?? 0)).length
      })
      ranks.sort((a, b) => a - b)
      expect(value.size).to.equal(0)
      expect(ranks[ranks.length >> 1]).to.be.at.most(3)
      expect(ranks.filter(rank => rank < input.files.length / 4).length / ranks.length).to.be.above(0.85)
    })
  })

  describe('given the same input', () => {
    it('gives the same bits, with any number of workers', async () => {
      const again = await scoreEpoch({ ...input, workers: 1, files: [...input.files].reverse() })
      expect([...again.value]).to.deep.equal([...first.value])
      expect([...again.noise]).to.deep.equal([...first.noise])
      expect(again.receipt).to.deep.equal(first.receipt)
    })
  })

  describe('given a signal that is aborted', () => {
    it('stops with ABORTED', async () => {
      const controller = new AbortController()
      const onProgress = (): void => controller.abort()
      const failure = await scoreEpoch({ ...input, signal: controller.signal, onProgress }).then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(failure).to.be.instanceOf(AttributionOracleError).with.property('code', 'ABORTED')
    })
  })
})
