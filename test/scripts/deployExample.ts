import { join } from 'node:path'

import { getAddress, id, type Signer } from 'ethers'

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

/** Parameters with an account in the place of each placeholder, always the same one. */
export function named(parameters: DeployParameters): DeployParameters {
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return /^0x(dead){9}/i.test(value) ? getAddress(id(value.toLowerCase()).slice(0, 42)) : value
    }
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(replace)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item)]))
  }
  return replace(parameters) as DeployParameters
}
