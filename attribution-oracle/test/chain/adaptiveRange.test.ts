import { expect } from 'chai'
import fc from 'fast-check'
import { readRange } from '../../src/chain/adaptiveRange'
import { EndpointFault, faultOf } from '../../src/chain/endpointFault'
import { AttributionOracleError, isFault } from '../../src/errors'
import { limitError, type LogLimit } from '../scene/logLimits'

type Read = (from: number, to: number) => Promise<number[]>

const blocks: Read = async (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

async function all(from: number, to: number, read: Read, signal?: AbortSignal): Promise<number[]> {
  const items: number[] = []
  for await (const piece of readRange(from, to, read, signal)) items.push(...piece.items)
  return items
}

/** Reads through the words of a provider; a block has `density` logs. */
function limited(limit: LogLimit, density = 0): { read: Read; sizes: number[] } {
  const sizes: number[] = []
  const read: Read = async (from, to) => {
    sizes.push(to - from + 1)
    const found = await blocks(from, to)
    const logs = found.flatMap(block => Array.from({ length: density }, () => ({ blockNumber: `${block}` })))
    const error = limitError(limit, from, to, logs)
    if (error) throw faultOf('eth_getLogs', error as { code: number; message: string })
    return found
  }
  return { read, sizes }
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('readRange', () => {
  const providers = ['infura', 'alchemy', 'quicknode', 'geth', 'gethRange', 'ankr', 'cloudflare'] as const

  it('reads every block once and in order, whatever limit in the words of whichever provider', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(5_000),
        fc.nat(6_000),
        fc.integer({ min: 1, max: 3_000 }),
        fc.constantFrom(...providers),
        async (from, count, limit, provider) => {
          const { read } = limited({ provider, blocks: limit })
          expect(await all(from, from + count, read)).to.deep.equal(await blocks(from, from + count))
        },
      ),
      { numRuns: 50 },
    )
  })

  it('reads nothing of an empty range', async () => {
    expect(await all(5, 4, () => Promise.resolve([1]))).to.deep.equal([])
  })

  it('takes a limit of blocks at its word: one refusal, and never more blocks again', async () => {
    for (const provider of ['quicknode', 'gethRange', 'cloudflare'] as const) {
      const { read, sizes } = limited({ provider, blocks: 800 })
      await all(0, 9_999, read)
      expect(sizes[0], provider).to.equal(2_000)
      expect(sizes.slice(1), provider).to.deep.equal(
        Array.from({ length: 13 }, (_, i) => (i < 12 ? 800 : 400)),
      )
    }
  })

  it('takes the range that a provider suggests', async () => {
    for (const provider of ['infura', 'alchemy', 'geth'] as const) {
      const { read, sizes } = limited({ provider, results: 900 }, 3)
      await all(0, 999, read)
      expect(sizes.slice(0, 2), provider).to.deep.equal([1_000, 300])
    }
  })

  it('halves where a suggestion is of no use', async () => {
    const sizes: number[] = []
    await all(1_000, 1_999, async (from, to) => {
      sizes.push(to - from + 1)
      const message = 'query returned more than 10 results. Try with this block range [0x1, 0xffff].'
      if (sizes.length === 1) throw faultOf('eth_getLogs', { code: -32005, message })
      return blocks(from, to)
    })
    expect(sizes.slice(0, 2)).to.deep.equal([1_000, 500])
  })

  it('grows again after a success, so that a long quiet range takes few calls', async () => {
    let calls = 0
    await all(0, 999_999, async () => {
      calls++
      return []
    })
    expect(calls).to.be.lessThan(20)
  })

  it('fails with the words of the provider when not even one block can be read', async () => {
    const refused = new EndpointFault('range', '-32005', 'query returned more than 10000 results (-32005)')
    const fault = await failure(all(0, 9, () => Promise.reject(refused)))
    expect(isFault(fault, 'RPC_FAILED') && fault.data.cause).to.equal(refused.message)
  })

  it('does not shrink a range for a failure that has nothing to do with it', async () => {
    const cause = { method: 'eth_getLogs', cause: 'HTTP 429' }
    const failed = new AttributionOracleError('RPC_FAILED', { what: 'No RPC endpoint answers' }, cause)
    let calls = 0
    const read: Read = () => {
      calls++
      return Promise.reject(failed)
    }
    expect(await failure(all(0, 9_999, read))).to.equal(failed)
    expect(calls).to.equal(1)
  })

  it('stops when it is told to', async () => {
    const stop = new AbortController()
    const read: Read = async from => {
      if (from > 0) stop.abort()
      return [from]
    }
    expect(isFault(await failure(all(0, 99_999, read, stop.signal)), 'ABORTED')).to.equal(true)
  })
})
