import { expect } from 'chai'

import { ProtocolError, type ErrorCode } from '../../scripts/errors'

/** The ProtocolError that a promise fails with; any other outcome fails the test. */
export async function caught<C extends ErrorCode>(
  code: C,
  work: Promise<unknown>,
): Promise<ProtocolError<C>> {
  const outcome: unknown = await work.then(
    value => `no error, but ${String(value)}`,
    error => error,
  )
  expect(outcome).to.be.instanceOf(ProtocolError)
  expect((outcome as ProtocolError).code).to.equal(code)
  return outcome as ProtocolError<C>
}
