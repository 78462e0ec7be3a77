import { expect } from 'chai'
import { differenceAlong } from '../../../src/differentiate/check/differences'
import { tensor } from '../../../src/index'

const weight = tensor('float64', [1], [0.5])
const probe = (slope: number) => ({ direction: Float64Array.of(1), slope, scale: Math.abs(slope) })

describe('differenceAlong', () => {
  it('finds a slope right that is small beside the rounding of the loss', async () => {
    const lossAt = async ({ data }: typeof weight): Promise<number> => 1e3 + 1e-5 * Math.sin(Number(data[0]))
    expect(await differenceAlong([probe(1e-5 * Math.cos(0.5))], weight, lossAt, 1e-7)).to.be.below(1e-7)
  })

  it('finds one wrong by a thousandth', async () => {
    const lossAt = async ({ data }: typeof weight): Promise<number> => 10 + Math.sin(Number(data[0]))
    const error = await differenceAlong([probe(1.001 * Math.cos(0.5))], weight, lossAt, 1e-7)
    expect(error).to.be.within(0.9e-3, 1.1e-3)
  })

  it('does not take a loss that is no number for right', async () => {
    expect(await differenceAlong([probe(1)], weight, async () => NaN, 1e-7)).to.satisfy(Number.isNaN)
  })
})
