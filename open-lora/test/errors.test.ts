import { expect } from 'chai'
import { OpenLoraError } from '../src/errors'

describe('OpenLoraError', () => {
  it('is retryable only where the same server may answer later', () => {
    expect(new OpenLoraError('QUEUE_FULL', { what: '' }, { got: 2, expected: 2 }).retryable).to.equal(true)
    expect(new OpenLoraError('DECODING_FAILED', { what: '' }, { cause: '' }).retryable).to.equal(false)
    expect(new OpenLoraError('CLOSED', { what: '' }, {}).retryable).to.equal(false)
  })
})
