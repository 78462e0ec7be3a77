import { join } from 'node:path'
import { expect } from 'chai'
import { OnnxEngineError } from '../../src/errors'
import type { Tensor } from '../../src/model/types'
import { SessionPool } from '../../src/session/sessionPool'
import { ThreadHandle } from '../../src/session/threadHandle'
import { addition, unknownOperator } from './smallModels'

const vector = (...values: number[]): Tensor => ({
  dtype: 'float32',
  dims: [values.length],
  data: Float32Array.from(values),
})

async function errorOf(work: Promise<unknown>): Promise<OnnxEngineError> {
  const error: unknown = await work.then(
    () => expect.fail('expected a rejection'),
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(OnnxEngineError)
  return error as OnnxEngineError
}

describe('SessionPool', () => {
  let pool: SessionPool
  beforeEach(async () => {
    pool = await SessionPool.create({ model: addition, workers: 2 })
  })
  afterEach(() => pool.close())

  it('runs the model and leaves the inputs with the caller', async () => {
    const x = vector(1, 2)
    const { z } = await pool.run({ x, y: vector(10, 20) })
    expect(z).to.deep.equal(vector(11, 22))
    expect(x).to.deep.equal(vector(1, 2))
  })

  it('sends only the elements of a view', async () => {
    const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3)
    const { z } = await pool.run({ x: { dtype: 'float32', dims: [2], data }, y: vector(0, 0) })
    expect(z).to.deep.equal(vector(1, 2))
  })

  it('takes over the buffers when asked to', async () => {
    const x = vector(1, 2)
    const { z } = await pool.run({ x, y: vector(10, 20) }, { transfer: true })
    expect(z).to.deep.equal(vector(11, 22))
    expect(x.data.length).to.equal(0)
  })

  it('rejects buffers that cannot be handed over, and the threads go on', async () => {
    const detached = vector(1, 2)
    structuredClone(detached.data.buffer, { transfer: [detached.data.buffer as ArrayBuffer] })
    const shared = { ...vector(1, 2), data: new Float32Array(new SharedArrayBuffer(8)) }
    for (const x of [detached, shared, detached]) {
      const error = await errorOf(pool.run({ x, y: vector(1, 2) }, { transfer: true }))
      expect(error.code).to.equal('SESSION_FAILED')
    }
    expect((await pool.run({ x: vector(1, 2), y: vector(1, 1) })).z).to.deep.equal(vector(2, 3))
  })

  it('maps jobs in order, and draws them only as threads become free', async () => {
    let drawn = 0
    let read = 0
    let furthestAhead = 0
    function* jobs() {
      for (; drawn < 40; drawn++) {
        furthestAhead = Math.max(furthestAhead, drawn - read)
        yield { x: vector(drawn), y: vector(0.5) }
      }
    }
    const sums = await pool.map(jobs(), ({ z }) => {
      read++
      return z?.data[0]
    })
    expect(sums).to.deep.equal(Array.from({ length: 40 }, (_, index) => index + 0.5))
    expect(furthestAhead).to.be.at.most(4)
  })

  describe('given a run that fails', () => {
    it('rejects with the reason of ONNX Runtime, and the thread goes on', async () => {
      const error = await errorOf(pool.run({ x: vector(1, 2), y: vector(1, 2, 3) }))
      expect(error.code).to.equal('SESSION_FAILED')
      expect(error.data).to.have.property('stage', 'run')
      expect(error.message).to.match(/dimension/i)
      const { z } = await pool.run({ x: vector(1), y: vector(2) })
      expect(z).to.deep.equal(vector(3))
    })

    it('names a missing input', async () => {
      const error = await errorOf(pool.run({ x: vector(1) }))
      expect(error.message).to.contain("'y'")
    })

    it('rejects the whole map and draws no further jobs', async () => {
      let drawn = 0
      function* jobs() {
        for (; drawn < 100; drawn++) yield { x: vector(1, 2), y: vector(1, 2, 3) }
      }
      const error = await errorOf(pool.map(jobs(), () => undefined))
      expect(error.code).to.equal('SESSION_FAILED')
      expect(drawn).to.be.below(10)
    })
  })

  it('rejects with SESSION_FAILED when the model is refused', async () => {
    const error = await errorOf(SessionPool.create({ model: unknownOperator, workers: 2 }))
    expect(error.code).to.equal('SESSION_FAILED')
    expect(error.data).to.have.property('stage', 'create')
    expect(error.message).to.contain('NoSuchOperator')
  })

  describe('given an abort', () => {
    it('rejects waiting and running jobs with the reason, and runs the rest', async () => {
      const stop = new AbortController()
      const aborted = Array.from({ length: 6 }, () =>
        pool.run({ x: vector(1), y: vector(2) }, { signal: stop.signal }).catch((reason: unknown) => reason),
      )
      const kept = pool.run({ x: vector(1), y: vector(2) })
      const reason = new Error('enough')
      stop.abort(reason)
      for (const outcome of await Promise.all(aborted)) expect(outcome).to.equal(reason)
      expect((await kept).z).to.deep.equal(vector(3))
    })

    it('refuses a job whose signal is already aborted', async () => {
      const outcome = await pool
        .run({ x: vector(1), y: vector(2) }, { signal: AbortSignal.abort('late') })
        .catch((reason: unknown) => reason)
      expect(outcome).to.equal('late')
    })
  })

  describe('given a thread that crashes', () => {
    const start = (entry: string) =>
      ThreadHandle.start(join(__dirname, entry), { model: addition, options: {} })
    const crashing = 'threads/exitsOnFirstJob.ts'
    const sound = '../../src/session/sessionThread.ts'

    it('rejects its job and runs the others on the threads that are left', async () => {
      const mixed = new SessionPool(await Promise.all([start(crashing), start(sound)]))
      const outcomes = await Promise.all(
        [1, 2, 3, 4].map(x =>
          mixed.run({ x: vector(x), y: vector(1) }).then(
            ({ z }) => z?.data[0],
            (error: OnnxEngineError) => error.code,
          ),
        ),
      )
      expect(outcomes).to.deep.equal(['THREAD_DIED', 3, 4, 5])
      await mixed.close()
    })

    it('rejects waiting and later jobs when no thread is left', async () => {
      const doomed = new SessionPool([await start(crashing)])
      const jobs = [1, 2, 3].map(x => errorOf(doomed.run({ x: vector(x), y: vector(1) })))
      for (const error of await Promise.all(jobs)) expect(error.code).to.equal('THREAD_DIED')
      expect((await errorOf(doomed.run({ x: vector(1), y: vector(1) }))).code).to.equal('THREAD_DIED')
      await doomed.close()
    })
  })

  describe('close', () => {
    it('lets running jobs end and rejects the waiting ones', async () => {
      const outcomes = Array.from({ length: 5 }, (_, index) =>
        pool.run({ x: vector(index), y: vector(1) }).then(
          ({ z }) => z?.data[0],
          (error: OnnxEngineError) => error.code,
        ),
      )
      await pool.close()
      expect(await Promise.all(outcomes)).to.deep.equal([1, 2, 'POOL_CLOSED', 'POOL_CLOSED', 'POOL_CLOSED'])
    })

    it('refuses later jobs, and closing again changes nothing', async () => {
      await pool.close()
      expect((await errorOf(pool.run({ x: vector(1), y: vector(1) }))).code).to.equal('POOL_CLOSED')
      await pool.close()
    })
  })
})
