import { expect } from 'chai'
import { OpenLoraError, type FaultCode, type FaultData } from '../src/errors'

/** Awaits a rejection with exactly this code and data. */
export async function expectFault<C extends FaultCode>(
  work: Promise<unknown> | (() => unknown),
  code: C,
  data?: Partial<FaultData[C]>,
): Promise<OpenLoraError<C>> {
  let error: unknown
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (caught) {
    error = caught
  }
  expect(error, `expected ${code}, nothing was thrown`).to.be.instanceOf(OpenLoraError)
  const fault = error as OpenLoraError<C>
  expect(fault.code, fault.message).to.equal(code)
  if (data) expect(fault.data).to.include(data)
  return fault
}
