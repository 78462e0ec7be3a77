import { id } from 'ethers'

import type { ContractName } from './deploymentRecord'

export type RoleName = 'guardian' | 'epochManager' | 'slasher'

export interface ProtocolRole {
  /** Its number in the access manager. */
  readonly id: bigint
  /** Its name there. */
  readonly label: string
  /** The contract and its functions that the role may call. */
  readonly contract: ContractName
  readonly functions: readonly string[]
}

/** The admin of the access manager: every restricted function that no other role is given. */
export const ADMIN_ROLE = 0n

/** Who may call what besides governance. */
export const ROLES: { readonly [R in RoleName]: ProtocolRole } = {
  guardian: {
    id: 1n,
    label: 'GUARDIAN',
    contract: 'attributionOracle',
    functions: ['cancelPending', 'pauseClaims', 'resumeClaims'],
  },
  epochManager: { id: 2n, label: 'EPOCH_MANAGER', contract: 'attributionOracle', functions: ['openEpoch'] },
  slasher: { id: 3n, label: 'SLASHER', contract: 'staking', functions: ['slash', 'hold'] },
}

/** The roles of the timelock. */
export const TIMELOCK_ROLES = {
  DEFAULT_ADMIN_ROLE: `0x${'0'.repeat(64)}`,
  PROPOSER_ROLE: id('PROPOSER_ROLE'),
  CANCELLER_ROLE: id('CANCELLER_ROLE'),
  EXECUTOR_ROLE: id('EXECUTOR_ROLE'),
}
