import { expect } from 'chai'
import { OnnxEngineError } from '../../src/errors'
import { DirectSession } from '../../src/session/directSession'
import { addition, unknownOperator } from './smallModels'

describe('DirectSession', () => {
  const vector = (...values: number[]) => ({
    dtype: 'float32' as const,
    dims: [values.length],
    data: Float32Array.from(values),
  })

  it('reads its inputs in place at every run', async () => {
    const session = await DirectSession.create({ model: addition })
    const x = vector(1, 2)
    expect((await session.run({ x, y: vector(1, 1) })).z).to.deep.equal(vector(2, 3))
    x.data[0] = 5
    expect((await session.run({ x, y: vector(1, 1) })).z).to.deep.equal(vector(6, 3))
    await session.close()
  })

  it('rejects with SESSION_FAILED and keeps the cause', async () => {
    const outcome: unknown = await DirectSession.create({ model: unknownOperator }).catch(
      (error: unknown) => error,
    )
    expect(outcome).to.be.instanceOf(OnnxEngineError)
    expect((outcome as OnnxEngineError).code).to.equal('SESSION_FAILED')
    expect((outcome as OnnxEngineError).cause).to.be.instanceOf(Error)
  })

  it('rejects a tensor whose data does not fill its dims', async () => {
    const session = await DirectSession.create({ model: addition })
    const outcome: unknown = await session
      .run({ x: { ...vector(1, 2), dims: [3] }, y: vector(1, 1) })
      .catch((error: unknown) => error)
    expect((outcome as OnnxEngineError).code).to.equal('SESSION_FAILED')
    await session.close()
  })
})
