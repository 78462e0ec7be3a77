import { join } from 'node:path'

import type { Signer } from 'ethers'

import { readDeployParameters, type DeployParameters } from '../../scripts/deployParameters'
import { DEPLOYMENTS } from '../../scripts/deploymentRecord'
import { deploySystem } from '../../scripts/deploySystem'
import type { System } from '../../scripts/system'

export const EXAMPLE = join(DEPLOYMENTS, 'parameters.example.json')

/** The same for chains with well-known accounts, which hold the roles. */
export const LOCAL = join(DEPLOYMENTS, 'parameters.local.json')

/** The system of the tracked local parameters, with what a test wants different. */
export async function deployExample(
  deployer: Signer,
  changes: Partial<DeployParameters> = {},
): Promise<System> {
  return deploySystem(deployer, { ...(await readDeployParameters(LOCAL)), ...changes })
}
