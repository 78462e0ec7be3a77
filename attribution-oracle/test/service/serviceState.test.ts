import { expect } from 'chai'
import type { ServiceEvent } from '../../src/domain'
import { createServiceState } from '../../src/service'

const failed = (step: string): ServiceEvent => {
  return { kind: 'failed', step, code: 'RPC_FAILED', message: `RPC_FAILED: ${step}\n  got: x`, retryIn: 1 }
}

describe('createServiceState', () => {
  it('is not ready before the first cycle, nor while a step fails, and ready again when it works', () => {
    const state = createServiceState()
    expect(state.ready()).to.deep.equal({ ready: false, reasons: ['the first cycle is not finished'] })
    state.observe({ kind: 'cycle', failed: [] })
    expect(state.ready()).to.deep.equal({ ready: true, reasons: [] })
    state.observe(failed('verify'))
    state.observe({ kind: 'cycle', failed: ['verify'] })
    expect(state.ready()).to.deep.equal({ ready: false, reasons: ['verify: RPC_FAILED: verify'] })
    state.observe({ kind: 'cycle', failed: [] })
    expect(state.ready().ready).to.equal(true)
  })

  it('is not ready when no endpoint answers, and is with one of two', () => {
    const state = createServiceState()
    state.observe({ kind: 'cycle', failed: [] })
    state.observe({ kind: 'endpoint', endpoint: 'a', up: false })
    expect(state.ready().reasons).to.deep.equal(['no RPC endpoint answers: a'])
    state.observe({ kind: 'endpoint', endpoint: 'b', up: true })
    expect(state.ready().ready).to.equal(true)
  })

  it('shows each epoch as it was told last, as plain values', () => {
    const state = createServiceState()
    state.observe({ kind: 'epoch', epoch: 3, state: 'settled' })
    state.observe({ kind: 'epoch', epoch: 3, state: 'waiting', reason: '1 of 4 agree' })
    state.observe({ kind: 'deadline', epoch: 3, at: 99 })
    state.observe({
      kind: 'verified',
      epoch: 3,
      agrees: false,
      part: 'ledger leaf 0',
      got: 'a',
      expected: 'b',
    })
    const { epochs } = JSON.parse(JSON.stringify(state.status())) as { epochs: unknown[] }
    expect(epochs).to.deep.equal([
      {
        epoch: 3,
        state: 'waiting',
        reason: '1 of 4 agree',
        deadline: 99,
        agrees: false,
        differsIn: 'ledger leaf 0',
      },
    ])
  })

  it('passes events on until the subscription ends', () => {
    const state = createServiceState()
    const heard: ServiceEvent[] = []
    const end = state.subscribe(event => heard.push(event))
    state.observe({ kind: 'cycle', failed: [] })
    end()
    state.observe({ kind: 'cycle', failed: ['x'] })
    expect(heard).to.deep.equal([{ kind: 'cycle', failed: [] }])
  })
})
