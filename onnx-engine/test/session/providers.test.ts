import { expect } from 'chai'
import { OnnxEngineError } from '../../src/errors'
import { DirectSession } from '../../src/session/directSession'
import { describeProviders, missing, type Provider } from '../../src/session/providers'
import { SessionPool } from '../../src/session/sessionPool'
import { addition, unknownOperator } from './smallModels'

const vector = (...values: number[]) => ({
  dtype: 'float32' as const,
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

describe('execution providers', () => {
  it('are the CPU when none is asked for', async () => {
    const session = await DirectSession.create({ model: addition })
    expect(session.providers).to.deep.equal({ used: 'cpu', refused: [] })
    expect(describeProviders(session.providers)).to.equal('runs on cpu')
    await session.close()
  })

  describe('given a list that is none', () => {
    for (const providers of [[], ['tpu'], ['cpu', { name: 'rocm' }]])
      it(`refuses ${JSON.stringify(providers)}`, async () => {
        const error = await errorOf(
          DirectSession.create({ model: addition, providers: providers as unknown as Provider[] }),
        )
        expect(error.code).to.equal('INVALID_ARGUMENT')
        expect(error.message).to.include('expected some of cpu, cuda, webgpu')
      })
  })

  describe('given a model that the CPU refuses', () => {
    it('says so instead of blaming the providers', async () => {
      const error = await errorOf(
        DirectSession.create({ model: unknownOperator, providers: ['cuda', 'cpu'] }),
      )
      expect(error.code).to.equal('SESSION_FAILED')
      expect(error.message).to.include('NoSuchOperator')
    })
  })

  describe('given a machine without CUDA', () => {
    before(function () {
      if (missing('cuda') === undefined) this.skip()
    })

    it('falls back to the CPU and says why', async () => {
      const session = await DirectSession.create({ model: addition, providers: ['cuda', 'webgpu', 'cpu'] })
      // With a GPU that WebGPU supports this is as right.
      expect(session.providers.used).to.be.oneOf(['cpu', 'webgpu'])
      expect(session.providers.refused[0]?.provider).to.equal('cuda')
      expect(describeProviders(session.providers)).to.match(/^runs on \w+; cuda was refused: .*CUDA 12/)
      expect((await session.run({ x: vector(1, 2), y: vector(1, 1) })).z?.data[1]).to.equal(3)
      await session.close()
    })

    it('falls back on the threads of a pool too, all to the same', async () => {
      const pool = await SessionPool.create({ model: addition, workers: 2, providers: ['cuda', 'cpu'] })
      expect(pool.providers.used).to.equal('cpu')
      expect(pool.providers.refused.map(({ provider }) => provider)).to.deep.equal(['cuda'])
      const sums = await pool.map(
        [1, 2, 3].map(x => ({ x: vector(x), y: vector(1) })),
        ({ z }) => z?.data[0],
      )
      expect(sums).to.deep.equal([2, 3, 4])
      await pool.close()
    })

    for (const [title, create] of [
      ['a session', () => DirectSession.create({ model: addition, providers: ['cuda'] })],
      [
        'a pool',
        () => SessionPool.create({ model: addition, workers: 1, providers: [{ name: 'cuda', deviceId: 0 }] }),
      ],
    ] as const)
      it(`rejects ${title} that must have it, and says how to install it`, async () => {
        const error = await errorOf(create())
        expect(error.code).to.equal('PROVIDER_UNAVAILABLE')
        expect(error.message).to.include('--onnxruntime-node-install=cuda12')
        expect(error.message).to.include("Add 'cpu'")
      })
  })
})
