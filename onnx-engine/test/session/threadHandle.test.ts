import { join } from 'node:path'
import { expect } from 'chai'
import { OnnxEngineError } from '../../src/errors'
import { ThreadHandle } from '../../src/session/threadHandle'
import { addition } from './smallModels'

describe('ThreadHandle', () => {
  const crashing = join(__dirname, 'threads/exitsOnFirstJob.ts')
  const setup = { model: addition, options: {} }

  it('rejects the job of a thread that dies, and every later one', async () => {
    const thread = await ThreadHandle.start(crashing, setup)
    for (const attempt of ['running', 'later']) {
      const outcome: unknown = await thread.run({}, undefined).catch((error: unknown) => error)
      expect(outcome, attempt).to.be.instanceOf(OnnxEngineError)
      expect((outcome as OnnxEngineError).code).to.equal('THREAD_DIED')
      expect((outcome as OnnxEngineError).message).to.contain('exit code 7')
    }
    expect(thread.isDead).to.equal(true)
    await thread.close()
  })

  it('rejects the start when the entry cannot be loaded', async () => {
    const outcome: unknown = await ThreadHandle.start(join(__dirname, 'threads/missing.ts'), setup).catch(
      (error: unknown) => error,
    )
    expect((outcome as OnnxEngineError).code).to.equal('THREAD_DIED')
    expect((outcome as OnnxEngineError).message).to.contain('Cannot find module')
  })
})
