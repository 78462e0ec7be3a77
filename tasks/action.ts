import { HardhatPluginError } from 'hardhat/plugins'
import type { HardhatRuntimeEnvironment } from 'hardhat/types'

import { ProtocolError } from '../scripts/errors'

/** What a task prints: one line for people, and the same as JSON for programs. */
export interface TaskResult {
  readonly text: string
  readonly json: object
  /** What makes the command fail although there is something to print. */
  readonly failure?: ProtocolError
}

/** The frame of every task: one call, one printed result, which is also what `hre.run` returns. */
export function action<A extends { json: boolean }>(
  run: (args: A, hre: HardhatRuntimeEnvironment) => Promise<TaskResult>,
) {
  return async (args: A, hre: HardhatRuntimeEnvironment): Promise<object> => {
    try {
      const { text, json, failure } = await run(args, hre)
      process.stdout.write(`${args.json ? JSON.stringify(json, bigintAsText) : text}\n`)
      if (failure !== undefined) throw failure
      return json
    } catch (error) {
      throw asPluginError(error)
    }
  }
}

/**
 * A ProtocolError becomes a plugin error around it, which Hardhat prints as one message without a stack; its `parent`
 * is the ProtocolError. Anything else stays what it is.
 */
export function asPluginError(error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return error
  return new HardhatPluginError('open-datanets', `${error.code}: ${error.message}`, error)
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
