import { builds } from '../builds'
import type { Verb } from './verb'

export const guardianVerbs: readonly Verb[] = [
  {
    task: 'guardian:cancel',
    description: 'Cancels the pending root (guardian)',
    contract: 'attributionOracle',
    method: 'cancelPending',
    parameters: [],
  },
  {
    task: 'guardian:pause',
    description: 'Pauses claims for a while (guardian)',
    contract: 'attributionOracle',
    method: 'pauseClaims',
    parameters: [],
  },
  {
    task: 'guardian:resume',
    description: 'Ends a pause of claims (guardian; anyone once its time is over)',
    contract: 'attributionOracle',
    method: 'resumeClaims',
    parameters: [],
    prepare: async ({ system }) => [await builds().posts.lastFinalPost(system)],
  },
]
