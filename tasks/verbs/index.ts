import { challengeVerbs } from './challenge'
import { contributorVerbs } from './contributor'
import { datanetVerbs } from './datanet'
import { disputeVerbs } from './dispute'
import { emissionVerbs } from './emission'
import { epochVerbs } from './epoch'
import { governanceVerbs } from './governance'
import { guardianVerbs } from './guardian'
import { modelVerbs } from './model'
import { operatorVerbs } from './operator'
import { paymentVerbs } from './payments'
import { permissionVerbs } from './permission'
import { rewardVerbs } from './rewards'
import { stakeVerbs } from './stake'
import { tokenVerbs } from './token'
import { vestingVerbs } from './vesting'
import type { Verb } from './verb'

/** Every task that sends, by the group that its name begins with. */
export const verbs: readonly Verb[] = [
  ...datanetVerbs,
  ...contributorVerbs,
  ...permissionVerbs,
  ...stakeVerbs,
  ...modelVerbs,
  ...paymentVerbs,
  ...operatorVerbs,
  ...epochVerbs,
  ...challengeVerbs,
  ...disputeVerbs,
  ...governanceVerbs,
  ...guardianVerbs,
  ...emissionVerbs,
  ...rewardVerbs,
  ...vestingVerbs,
  ...tokenVerbs,
]
