import type { Signer } from 'ethers'
import type { HardhatRuntimeEnvironment } from 'hardhat/types'

import { readDeployment } from '../scripts/deploymentRecord'
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

/**
 * The recorded system of the chosen network, connected to the task's signer.
 * @throws ProtocolError RECORD_MISSING, RECORD_INVALID, RECORD_OF_OTHER_CHAIN, KEY_MISSING, CHAIN_UNREACHABLE.
 */
export async function systemOfTask(
  hre: HardhatRuntimeEnvironment,
  { from, records }: ConnectionArguments,
): Promise<System> {
  const chainId = await chainIdOf(hre)
  const record = await readDeployment(
    hre.network.name,
    records === undefined ? { chainId } : { chainId, folder: records },
  )
  const signer = await signerOfTask(hre, from)
  return (await loadSystem(hre)).connectSystem(record, signer)
}
