import { builds } from '../builds'
import { account, type Verb } from './verb'

export const vestingVerbs: readonly Verb[] = [
  {
    task: 'vesting:release',
    description: 'Pays out what has vested in a wallet of the genesis, to its owner; anyone may',
    parameters: [account('wallet', 'The wallet, as vesting:show lists it')],
    reaches: [],
    build: async ({ system, values }) => [await builds().vesting.releaseCall(system, values['wallet'] ?? '')],
  },
]
