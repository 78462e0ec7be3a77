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
