import { expect } from 'chai'
import hre from 'hardhat'

import { ProtocolError, type ErrorCode } from '../../scripts/errors'

export type Arguments = Record<string, unknown>

/** Runs a task and gives what it returned and what it printed; its progress lines are left out. */
export async function run(task: string, args: Arguments): Promise<{ result: Arguments; printed: string }> {
  const { stdout, stderr } = process
  const [print, report] = [stdout.write, stderr.write]
  const printed: string[] = []
  stdout.write = text => printed.push(String(text)) > 0
  stderr.write = () => true
  try {
    const result: Arguments = await hre.run(task, args)
    return { result, printed: printed.join('') }
  } finally {
    stdout.write = print
    stderr.write = report
  }
}

/** The ProtocolError inside the error that a task fails with. */
export async function refused(code: ErrorCode, task: string, args: Arguments): Promise<ProtocolError> {
  const error: unknown = await run(task, args).then(
    () => expect.fail(`${task} did not fail`),
    caught => caught,
  )
  const parent: unknown = Reflect.get(Object(error), 'parent')
  expect(parent, String(error)).to.be.instanceOf(ProtocolError)
  expect(String(error)).to.contain(`${code}: `)
  expect((parent as ProtocolError).code).to.equal(code)
  return parent as ProtocolError
}
