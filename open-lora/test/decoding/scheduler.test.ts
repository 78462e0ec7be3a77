import { expect } from 'chai'
import type { Decoder, SlotStep } from '../../src/decoding/decoder'
import { Scheduler, type DecodingJob } from '../../src/decoding/scheduler'
import { ThreadDecoder } from '../../src/decoding/threadDecoder'
import { expectFault } from '../expectFault'
import { config, lora, tinyWeights } from '../tinyModels'

const NEVER = -1

function job(changes: Partial<DecodingJob> = {}): DecodingJob {
  return {
    adapter: null,
    prompt: [1, 2, 3],
    maxTokens: 5,
    endOfText: NEVER,
    temperature: 0,
    seed: '',
    ...changes,
  }
}

describe('Scheduler', () => {
  let decoder: ThreadDecoder
  let scheduler: Scheduler
  let batches: number[][]
  let beforeStep: (count: number) => void

  beforeEach(async () => {
    decoder = await ThreadDecoder.create({ config, weights: tinyWeights(), slots: 2, ...lora })
    batches = []
    beforeStep = () => undefined
    const watched: Decoder = {
      slots: 2,
      contextLength: config.contextLength,
      load: (slot, adapter) => decoder.load(slot, adapter),
      step: (steps: readonly SlotStep[]) => {
        batches.push(steps.map(({ slot }) => slot))
        beforeStep(batches.length)
        return decoder.step(steps)
      },
      close: () => decoder.close(),
    }
    scheduler = new Scheduler(watched, { queueLimit: 10, vocabulary: config.vocabSize })
  })
  afterEach(() => scheduler.close())

  it('reads the prompt, then writes a token a step', async () => {
    const { outputTokens, promptTokensRead, stoppedBy } = await scheduler.run(job())
    expect([outputTokens.length, promptTokensRead, stoppedBy]).to.deep.equal([5, 3, 'maxTokens'])
    expect(batches).to.deep.equal(Array.from({ length: 3 + 4 }, () => [0]))
  })

  it('gives a slot that becomes free to the next request while the other goes on', async () => {
    const results = await Promise.all([4, 2, 1].map(maxTokens => scheduler.run(job({ maxTokens }))))
    expect(results.map(({ outputTokens }) => outputTokens.length)).to.deep.equal([4, 2, 1])
    // 6 steps for the first; the second ends after 4, and the third takes its slot for 3.
    const both = [0, 1]
    expect(batches).to.deep.equal([both, both, both, both, both, both, [1]])
  })

  it('stops at the end of text, which is not part of the output', async () => {
    const { outputTokens } = await scheduler.run(job())
    const [first, ...rest] = outputTokens as [number, ...number[]]
    const endOfText = rest.find(token => token !== first) ?? first
    const stopped = await scheduler.run(job({ endOfText }))
    expect(stopped.stoppedBy).to.equal('endOfText')
    expect(stopped.outputTokens).to.deep.equal(outputTokens.slice(0, outputTokens.indexOf(endOfText)))
  })

  it('stops when prompt and output fill the context', async () => {
    const { outputTokens, stoppedBy } = await scheduler.run(job({ maxTokens: 1000 }))
    expect([outputTokens.length, stoppedBy]).to.deep.equal([config.contextLength - 3, 'contextLength'])
    const fitting = await scheduler.run(job({ maxTokens: config.contextLength - 3 }))
    expect(fitting.stoppedBy).to.equal('contextLength')
  })

  it('writes only tokens of the vocabulary', async () => {
    const narrow = new Scheduler(decoder, { queueLimit: 1, vocabulary: 3 })
    const { outputTokens } = await narrow.run(job({ temperature: 5, maxTokens: 25 }))
    expect(Math.max(...outputTokens)).to.be.lessThan(3)
  })

  describe('given an abort', () => {
    it('says what was read and written until then', async () => {
      const full = await scheduler.run(job())
      for (const [steps, read, written] of [
        [2, 2, 0],
        [3, 3, 1],
        [5, 3, 3],
      ] as const) {
        const controller = new AbortController()
        batches = []
        beforeStep = count => count === steps && controller.abort()
        const result = await scheduler.run(job({ signal: controller.signal }))
        expect(result.stoppedBy).to.equal('aborted')
        expect(result.promptTokensRead).to.equal(read)
        expect(result.outputTokens).to.deep.equal(full.outputTokens.slice(0, written))
        expect(batches).to.have.length(steps)
      }
    })

    it('lets a request leave the queue without a step', async () => {
      const controller = new AbortController()
      const running = [scheduler.run(job()), scheduler.run(job())]
      const waiting = scheduler.run(job({ signal: controller.signal }))
      controller.abort()
      expect(await waiting).to.deep.equal({ promptTokensRead: 0, outputTokens: [], stoppedBy: 'aborted' })
      for (const { outputTokens } of await Promise.all(running)) expect(outputTokens).to.have.length(5)
      expect(batches).to.have.length(7)
    })
  })

  it('rejects all that runs or waits when the decoder fails, and all that comes later', async () => {
    const broken = job({ prompt: [config.vocabSize + 5] })
    const results = await Promise.allSettled([job(), broken, job()].map(each => scheduler.run(each)))
    const codes = results.map(result => result.status === 'rejected' && result.reason.code)
    expect(codes).to.deep.equal(['DECODING_FAILED', 'DECODING_FAILED', 'DECODING_FAILED'])
    await expectFault(scheduler.run(job()), 'DECODING_FAILED')
  })
})
