import { extendConfig } from 'hardhat/config'

import { ProtocolError } from '../scripts/errors'
import { asPluginError } from './action'

/**
 * The network that a command line asks for, read as Hardhat reads it: `--network` comes before HARDHAT_NETWORK.
 * @returns undefined where neither is given: Hardhat takes its default network then.
 */
export function requestedNetwork(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const option = argv.indexOf('--network')
  return (option === -1 ? undefined : argv[option + 1]) ?? env['HARDHAT_NETWORK']
}

/** @throws ProtocolError NETWORK_UNKNOWN for a network that the configuration does not have. */
export function checkNetwork(configured: readonly string[], requested: string | undefined): void {
  if (requested === undefined || configured.includes(requested)) return
  throw new ProtocolError('NETWORK_UNKNOWN', { got: requested, expected: configured })
}

// Hardhat would refuse the name itself, but does not say which ones there are.
extendConfig(({ networks }) => {
  try {
    checkNetwork(Object.keys(networks), requestedNetwork(process.argv, process.env))
  } catch (error) {
    throw asPluginError(error)
  }
})
