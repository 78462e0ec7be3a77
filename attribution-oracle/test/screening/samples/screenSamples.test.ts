import { expect } from 'chai'
import fc from 'fast-check'
import { type Codes, type LabelledSamples, screenSamples } from '../../../src/screening'

const WIDTH = 16

/** Ten clusters of rows around a centre each, as classes of real data lie; the class is the label. */
function classes(count: number, seed: number): LabelledSamples & { labels: Int32Array } {
  const draw = random(seed)
  const centres = random(7)
  const centre = Array.from({ length: 10 * WIDTH }, () => centres() * 90)
  const labels = Int32Array.from({ length: count }, (_, row) => row % 10)
  const data = Int8Array.from({ length: count * WIDTH }, (_, i) =>
    Math.round(centre[labels[Math.floor(i / WIDTH)]! * WIDTH + (i % WIDTH)]! + (draw() - 0.5) * 40),
  )
  return { codes: { rows: count, width: WIDTH, data }, labels }
}

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function joined(a: LabelledSamples, b: LabelledSamples): LabelledSamples & { labels: Int32Array } {
  const codes: Codes = {
    rows: a.codes.rows + b.codes.rows,
    width: WIDTH,
    data: Int8Array.from([...a.codes.data, ...b.codes.data]),
  }
  return { codes, labels: Int32Array.from([...Array.from(a.labels!), ...Array.from(b.labels!)]) }
}

const heldOut = classes(400, 1)
const honest = classes(60, 2)
const reasonsOf = (samples: LabelledSamples): string[] =>
  screenSamples(samples, heldOut).map(each => each.reason)

describe('screenSamples', () => {
  it('accepts what looks like the held-out samples', () => {
    const reasons = reasonsOf(honest)
    expect(reasons.filter(reason => reason === 'ACCEPTED').length).to.be.greaterThan(54)
  })

  it('finds an exact copy, and gives it nothing', () => {
    const copied = screenSamples(joined(honest, honest), heldOut).slice(60)
    for (const [row, decision] of copied.entries())
      expect(decision).to.include({ reason: 'EXACT_COPY', representative: row, novelty: 0 })
  })

  it('keeps copies of a copy in the cluster of the first', () => {
    const thrice = joined(joined(honest, honest), honest)
    expect(screenSamples(thrice, heldOut)[125]!.representative).to.equal(5)
  })

  it('does not take a row with another label for a copy', () => {
    const relabelled = { ...honest, labels: honest.labels.map(label => (label + 1) % 10) }
    expect(reasonsOf(joined(honest, relabelled)).slice(60)).to.not.include('EXACT_COPY')
  })

  it('pays a slightly changed copy for the difference only', () => {
    const data = honest.codes.data.map((code, i) => code + (i % 3 === 0 ? 3 : 0))
    const changed = { codes: { ...honest.codes, data }, labels: honest.labels }
    const decisions = screenSamples(joined(honest, changed), heldOut).slice(60)
    const paid = decisions.reduce((sum, { novelty }) => sum + novelty, 0)
    expect(paid / 60).to.be.lessThan(0.5)
  })

  it('rejects random rows as outliers', () => {
    const draw = random(9)
    const data = Int8Array.from({ length: 60 * WIDTH }, () => Math.floor(draw() * 255) - 127)
    const garbage = { codes: { rows: 60, width: WIDTH, data }, labels: honest.labels }
    expect(new Set(reasonsOf(garbage))).to.deep.equal(new Set(['OUTLIER']))
  })

  it('rejects rows whose label no held-out neighbour has', () => {
    const wrong = { ...honest, labels: honest.labels.map(label => (label + 5) % 10) }
    expect(reasonsOf(wrong).filter(reason => reason === 'CONTRADICTED').length).to.be.greaterThan(50)
  })

  it('never lets a later row change what an earlier one got', () => {
    const whole = joined(honest, classes(40, 3))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), until => {
        const codes = { ...whole.codes, rows: until, data: whole.codes.data.slice(0, until * WIDTH) }
        const early = screenSamples({ codes, labels: whole.labels.slice(0, until) }, heldOut)
        expect(early).to.deep.equal(screenSamples(whole, heldOut).slice(0, until))
      }),
      { numRuns: 20 },
    )
  })

  it('finds copies where there is nothing held out', () => {
    const nothing = { codes: { rows: 0, width: WIDTH, data: new Int8Array(0) } }
    const reasons = screenSamples(joined(honest, honest), nothing).map(({ reason }) => reason)
    expect(new Set(reasons.slice(60))).to.deep.equal(new Set(['EXACT_COPY']))
  })
})
