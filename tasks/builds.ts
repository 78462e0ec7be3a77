// typechain-types does not exist before the first compile, and the configuration that imports the tasks has to load
// for that compile. So whatever imports it is loaded by the task that needs it, compiled first, not by its definition.
/* eslint-disable @typescript-eslint/no-require-imports */
import { TASK_COMPILE } from 'hardhat/builtin-tasks/task-names'
import type { HardhatRuntimeEnvironment } from 'hardhat/types'

// Sources do not change while a process runs: its later tasks need not look again, which would take a second each.
const compilations = new WeakMap<object, Promise<unknown>>()

/** Compiles what is not compiled. Every task does so before it loads what follows. */
export async function compiled(hre: HardhatRuntimeEnvironment): Promise<void> {
  const { artifacts } = hre
  if (!compilations.has(artifacts)) compilations.set(artifacts, hre.run(TASK_COMPILE, { quiet: true }))
  await compilations.get(artifacts)
}

export function builds() {
  return {
    get system(): typeof import('../scripts/system') {
      return require('../scripts/system')
    },
    get deployment(): typeof import('../scripts/deploySystem') {
      return require('../scripts/deploySystem')
    },
    get plan(): typeof import('../scripts/deploymentPlan') {
      return require('../scripts/deploymentPlan')
    },
    get planReport(): typeof import('../scripts/planReport') {
      return require('../scripts/planReport')
    },
    get ignition(): typeof import('../scripts/ignitionDeployment') {
      return require('../scripts/ignitionDeployment')
    },
    get newRecord(): typeof import('../scripts/newRecord') {
      return require('../scripts/newRecord')
    },
    get safeDeployment(): typeof import('../scripts/safeDeployment') {
      return require('../scripts/safeDeployment')
    },
    get checking(): typeof import('../scripts/checkSystem') {
      return require('../scripts/checkSystem')
    },
    get checks(): typeof import('../scripts/systemChecks') {
      return require('../scripts/systemChecks')
    },
    get verification(): typeof import('../scripts/verifyCode') {
      return require('../scripts/verifyCode')
    },
    get safe(): typeof import('../scripts/safeBatch') {
      return require('../scripts/safeBatch')
    },
    get calls(): typeof import('../scripts/protocolCall') {
      return require('../scripts/protocolCall')
    },
    get abiDocuments(): typeof import('../scripts/abiDocuments') {
      return require('../scripts/abiDocuments')
    },
    get posts(): typeof import('../scripts/postFile') {
      return require('../scripts/postFile')
    },
    get grants(): typeof import('../scripts/grantFile') {
      return require('../scripts/grantFile')
    },
    get vouchers(): typeof import('../scripts/voucherFile') {
      return require('../scripts/voucherFile')
    },
    get authorizations(): typeof import('../scripts/authorizationFile') {
      return require('../scripts/authorizationFile')
    },
    get claims(): typeof import('../scripts/claimRewards') {
      return require('../scripts/claimRewards')
    },
    get proposals(): typeof import('../scripts/proposal') {
      return require('../scripts/proposal')
    },
    get vesting(): typeof import('../scripts/vestingWallets') {
      return require('../scripts/vestingWallets')
    },
  }
}

export async function loadSystem(
  hre: HardhatRuntimeEnvironment,
): Promise<typeof import('../scripts/system')> {
  await compiled(hre)
  return builds().system
}
