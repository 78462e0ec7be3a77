import { expect } from 'chai'
import { type ScoreInput, type ScreenInput } from '../../../src/domain'
import { scoreEpoch } from '../../../src/scoring'
import { withSpans } from '../../../src/scoring/epoch/usage'
import { DEFAULT_SCREENING_RULES, screen } from '../../../src/screening'
import { answer, tinyEpoch } from './tinyEpoch'

const { tokenize, ...epoch } = tinyEpoch()
/** A stretch of the third file, word for word. */
const QUOTED = 2n
const quote = new TextDecoder().decode(epoch.files[Number(QUOTED)]!.bytes).slice(400, 900)

function input(spanWeight: string | undefined, change: Partial<ScoreInput> = {}): ScoreInput {
  const settings = { ...epoch.settings, ...(spanWeight !== undefined && { spanWeight }) }
  return { ...epoch, settings, outputs: [answer(tokenize(quote))], referenceModelId: undefined, ...change }
}

async function usage(given: ScoreInput): Promise<ReadonlyMap<bigint, number>> {
  return (await scoreEpoch(given)).usage.get(1)!
}

describe('usage of an output that quotes a file', () => {
  it('credits the file more with its spans than by gradients alone', async () => {
    const [without, fused] = [await usage(input('0')), await usage(input('1'))]
    expect(fused.get(QUOTED) ?? 0).to.be.above(without.get(QUOTED) ?? 0)
    expect([...fused.values()].reduce((sum, share) => sum + share, 0)).to.be.closeTo(1000, 1e-6)
    const heavy = await usage(input('8'))
    expect(heavy.get(QUOTED)).to.equal(Math.max(...heavy.values()))
  })

  it('goes by gradients alone where the configuration says nothing', async () => {
    expect(await usage(input(undefined))).to.deep.equal(await usage(input('0')))
  })

  it('gives the same bits with any number of workers and in any order of files', async () => {
    const again = await usage(input('1', { workers: 3, files: [...epoch.files].reverse() }))
    expect([...again]).to.deep.equal([...(await usage(input('1')))])
  })

  it('pays a copy of the file nothing, and takes nothing from the file', async () => {
    const copy: ScreenInput = { id: 4n, bytes: epoch.files[Number(QUOTED)]!.bytes }
    const verdicts = screen([...epoch.files, copy], { ...DEFAULT_SCREENING_RULES, minBytes: 1 })
    expect(verdicts[4]).to.include({ verdict: 'copy', representative: QUOTED })
    const accepted = verdicts.filter(({ verdict }) => verdict === 'accepted').map(({ id }) => id)
    const files = [...epoch.files, copy].filter(({ id }) => accepted.includes(id))
    expect([...(await usage(input('1', { files })))]).to.deep.equal([...(await usage(input('1')))])
  })

  it('quotes nothing in an answer that the model cannot read', async () => {
    const outputs = [answer([...tokenize(quote), 10 ** 6])]
    expect((await usage(input('1', { outputs }))).size).to.equal(0)
  })
})

describe('withSpans', () => {
  const pulls = new Map([
    [1n, 2],
    [2n, -2],
    [3n, 0],
  ])

  it('brings both parts to the same spread', () => {
    const spans = new Map([[3n, 900]])
    const fused = withSpans(pulls, spans, 1)
    expect(fused.get(3n)).to.be.closeTo(900 / Math.sqrt(180_000), 1e-12)
    expect(withSpans(pulls, new Map([[3n, 9]]), 1).get(3n)).to.be.closeTo(fused.get(3n)!, 1e-12)
    expect(fused.get(1n)).to.be.closeTo(2 / Math.sqrt(8 / 3), 1e-12)
  })

  it('leaves the gradient part alone where nothing is quoted', () => {
    const fused = withSpans(pulls, new Map(), 1)
    expect(fused.get(1n)).to.equal(-fused.get(2n)!)
    expect(fused.get(3n)).to.equal(0)
  })
})
