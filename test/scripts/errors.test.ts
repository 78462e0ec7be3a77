import { expect } from 'chai'

import { isProtocolError, ProtocolError } from '../../scripts/errors'

describe('ProtocolError', () => {
  it('says what happened, what was got, what was expected and what to do', () => {
    const error = new ProtocolError('FILE_TOO_LARGE', { path: 'a.sol', got: 5, expected: 4 })
    expect(error.message).to.equal(
      'a.sol cannot be contributed: got 5 bytes; expected at most 4 bytes. ' +
        'Split the file, leave it out, or raise the limit.',
    )
    expect(error.name).to.equal('ProtocolError')
  })

  it('lists faults one to a line', () => {
    const faults = [
      { name: 'a', got: '1', expected: '2' },
      { name: 'b', got: 'x', expected: 'y' },
    ]
    const { message } = new ProtocolError('PARAMETERS_INVALID', { path: 'p.json', faults })
    expect(message.split('\n').slice(1, 3).join('|')).to.contain(
      '  a: got 1, expected 2|  b: got x, expected y',
    )
  })

  it('is told apart by its code', () => {
    const error: unknown = new ProtocolError('FILE_EMPTY', { path: 'a.sol' })
    expect(isProtocolError(error)).to.equal(true)
    expect(isProtocolError(error, 'FILE_EMPTY')).to.equal(true)
    expect(isProtocolError(error, 'FILE_TOO_LARGE')).to.equal(false)
    expect(isProtocolError(new TypeError('x'))).to.equal(false)
  })
})
