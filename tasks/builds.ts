// typechain-types does not exist before the first compile, and the configuration that imports the tasks has to load
// for that compile. So whatever imports it is loaded by the task that needs it, compiled first, not by its definition.
/* eslint-disable @typescript-eslint/no-require-imports */
import { TASK_COMPILE } from 'hardhat/builtin-tasks/task-names'
import type { HardhatRuntimeEnvironment } from 'hardhat/types'

export async function loadSystem(
  hre: HardhatRuntimeEnvironment,
): Promise<typeof import('../scripts/system')> {
  await hre.run(TASK_COMPILE, { quiet: true })
  return require('../scripts/system')
}

export async function loadDeployment(
  hre: HardhatRuntimeEnvironment,
): Promise<typeof import('../scripts/deploySystem')> {
  await hre.run(TASK_COMPILE, { quiet: true })
  return require('../scripts/deploySystem')
}
