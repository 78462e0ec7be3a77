import { join } from 'node:path'

import type { Signer } from 'ethers'

import { readDeployParameters, type DeployParameters } from '../../scripts/deployParameters'
import { DEPLOYMENTS } from '../../scripts/deploymentRecord'
import { deploySystem } from '../../scripts/deploySystem'
import type { System } from '../../scripts/system'

export const EXAMPLE = join(DEPLOYMENTS, 'parameters.example.json')

/** The system of the tracked example parameters, with what a test wants different. */
export async function deployExample(
  deployer: Signer,
  changes: Partial<DeployParameters> = {},
): Promise<System> {
  return deploySystem(deployer, { ...(await readDeployParameters(EXAMPLE)), ...changes })
}
