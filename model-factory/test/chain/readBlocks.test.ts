import { expect } from 'chai'
import fc from 'fast-check'
import { readBlocks } from '../../src/chain/readBlocks'
import { faultOf } from '../scene/faultOf'

/** A node that gives one event per block and refuses ranges above its limit. */
const nodeWithLimit =
  (limit: number) =>
  async (from: number, to: number): Promise<number[]> => {
    if (to - from + 1 > limit) throw new Error('range too large')
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  }

describe('readBlocks', () => {
  it('reads every block once and in order, whatever the limit of the node', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(50),
        fc.nat(200),
        fc.integer({ min: 1, max: 250 }),
        async (from, extra, limit) => {
          const blocks = await readBlocks(from, from + extra, nodeWithLimit(limit))
          expect(blocks).to.deep.equal(Array.from({ length: extra + 1 }, (_, i) => from + i))
        },
      ),
    ))

  it('gives up with CHAIN_CALL_FAILED when one block is refused', async () => {
    expect(await faultOf(readBlocks(0, 9, nodeWithLimit(0)))).to.deep.equal({
      code: 'CHAIN_CALL_FAILED',
      data: { call: 'eth_getLogs', reason: 'range too large' },
    })
  })

  it('asks for nothing once it is told to stop', async () => {
    const reason = new Error('enough')
    const act = readBlocks(0, 9, nodeWithLimit(100), AbortSignal.abort(reason))
    expect(await act.catch((error: unknown) => error)).to.equal(reason)
  })
})
