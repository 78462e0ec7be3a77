import { types } from 'hardhat/config'
import type { ConfigurableTaskDefinition } from 'hardhat/types'

/** The options that every task shares. */
export function connected(definition: ConfigurableTaskDefinition): ConfigurableTaskDefinition {
  return definition
    .addOptionalParam(
      'from',
      'Account that signs (default: the first account of the network)',
      undefined,
      types.string,
    )
    .addOptionalParam(
      'records',
      'Folder of the deployment records (default: deployments)',
      undefined,
      types.string,
    )
    .addFlag('json', 'Print the result as JSON')
}

/** The options of every task that sends something. */
export function sending(definition: ConfigurableTaskDefinition): ConfigurableTaskDefinition {
  return connected(definition)
    .addOptionalParam(
      'safe',
      'Send nothing: write a batch for the Transaction Builder of the Safe with this address',
      undefined,
      types.string,
    )
    .addOptionalParam('out', 'File of that batch (default: safe-<task>.json)', undefined, types.string)
    .addOptionalParam(
      'propose',
      'Propose it to governance under this description instead of sending it',
      undefined,
      types.string,
    )
}
