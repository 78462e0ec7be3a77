import { getAddress, isAddress, type Signer } from 'ethers'
import type { HardhatRuntimeEnvironment } from 'hardhat/types'

import { readDeployment, type DeploymentRecord } from '../scripts/deploymentRecord'
import { ProtocolError } from '../scripts/errors'
import type { System } from '../scripts/system'
import { loadSystem } from './builds'

/** Where a task works: every task takes these two. */
export interface ConnectionArguments {
  /** The account that signs; the network's first one by default. */
  readonly from?: string
  /** Folder of the deployment records. */
  readonly records?: string
}

/** The chain of the chosen network. @throws ProtocolError CHAIN_UNREACHABLE. */
export async function chainIdOf({ ethers, network }: HardhatRuntimeEnvironment): Promise<bigint> {
  try {
    return (await ethers.provider.getNetwork()).chainId
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause)
    throw new ProtocolError('CHAIN_UNREACHABLE', { network: network.name, got }, { cause })
  }
}

/** The signer of a task. @throws ProtocolError KEY_MISSING, CHAIN_UNREACHABLE. */
export async function signerOfTask(hre: HardhatRuntimeEnvironment, from?: string): Promise<Signer> {
  await chainIdOf(hre)
  const signers = await hre.ethers.getSigners()
  const wanted = from?.toLowerCase()
  const signer = signers.find(({ address }) => wanted === undefined || address.toLowerCase() === wanted)
  if (signer !== undefined) return signer
  throw new ProtocolError('KEY_MISSING', {
    network: hre.network.name,
    got: `${signers.length} accounts${from === undefined ? '' : `, none of them ${from}`}`,
    expected: from === undefined ? 'at least one account' : `the key of ${from}`,
  })
}

/** An address of a command line, checksummed. @throws ProtocolError ARGUMENT_INVALID. */
export function addressArgument(name: string, value: string): string {
  if (isAddress(value)) return getAddress(value)
  const expected = 'an address (0x and 40 hex digits, a valid checksum if mixed case)'
  throw new ProtocolError('ARGUMENT_INVALID', { name, got: `"${value}"`, expected })
}

/**
 * The recorded system of the chosen network, connected to the task's signer.
 * @throws ProtocolError RECORD_MISSING, RECORD_INVALID, RECORD_OF_OTHER_CHAIN, KEY_MISSING, CHAIN_UNREACHABLE.
 */
export async function systemOfTask(
  hre: HardhatRuntimeEnvironment,
  { from, records }: ConnectionArguments,
): Promise<System> {
  const record = await recordOfTask(hre, records)
  const signer = await signerOfTask(hre, from)
  return (await loadSystem(hre)).connectSystem(record, signer)
}

/**
 * The recorded system to read only: no key is needed.
 * @throws ProtocolError RECORD_MISSING, RECORD_INVALID, RECORD_OF_OTHER_CHAIN, CHAIN_UNREACHABLE.
 */
export async function readableSystem(hre: HardhatRuntimeEnvironment, records?: string): Promise<System> {
  const record = await recordOfTask(hre, records)
  return (await loadSystem(hre)).connectSystem(record, hre.ethers.provider)
}

async function recordOfTask(hre: HardhatRuntimeEnvironment, folder?: string): Promise<DeploymentRecord> {
  const chainId = await chainIdOf(hre)
  return readDeployment(hre.network.name, folder === undefined ? { chainId } : { chainId, folder })
}
