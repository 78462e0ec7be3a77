import { expect } from 'chai'
import { makeError } from 'ethers'
import fc from 'fast-check'
import { readRange } from '../../src/chain/adaptiveRange'
import { isFault } from '../../src/errors'

describe('readRange', () => {
  it('reads every block once and in order, whatever limit the RPC has', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(5_000),
        fc.nat(6_000),
        fc.integer({ min: 1, max: 3_000 }),
        async (from, count, limit) => {
          const to = from + count
          const blocks = await readRange(from, to, async (a, b) => {
            if (b - a + 1 > limit) throw new RangeError('query returned more than 10000 results')
            return Array.from({ length: b - a + 1 }, (_, i) => a + i)
          })
          expect(blocks).to.deep.equal(Array.from({ length: count + 1 }, (_, i) => from + i))
        },
      ),
      { numRuns: 25 },
    )
  })

  it('reads nothing of an empty range', async () => {
    expect(await readRange(5, 4, () => Promise.resolve([1]))).to.deep.equal([])
  })

  it('grows again after a success, so that a long quiet range takes few calls', async () => {
    let calls = 0
    await readRange(0, 999_999, async () => {
      calls++
      return []
    })
    expect(calls).to.be.lessThan(20)
  })

  it('fails with the reason of the RPC when not even one block can be read', async () => {
    const failing = readRange(0, 9, () => Promise.reject(makeError('rate limited', 'SERVER_ERROR')))
    const fault = await failing.catch((error: unknown) => error)
    expect(isFault(fault, 'RPC_FAILED') && fault.data.cause).to.equal('rate limited (SERVER_ERROR)')
  })

  it('stops when it is told to', async () => {
    const stop = new AbortController()
    const reading = readRange(
      0,
      99_999,
      async a => {
        if (a > 0) stop.abort()
        return [a]
      },
      stop.signal,
    )
    expect(isFault(await reading.catch((error: unknown) => error), 'ABORTED')).to.equal(true)
  })
})
