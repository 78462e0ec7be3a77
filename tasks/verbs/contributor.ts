import { account, type Verb } from './verb'

const OF = { name: 'account', help: 'Whose rules (default: the sender)', fallback: 'sender' }

export const contributorVerbs: readonly Verb[] = [
  {
    task: 'contributor:payout',
    description: "Says where an account's rewards go (account, or its controller after a recovery)",
    contract: 'contributorRegistry',
    method: 'setPayout',
    parameters: [OF, account('payout', 'The receiver; the zero address: back to the account itself')],
  },
  {
    task: 'contributor:claimer',
    description: 'Lets only one account claim the rewards of an account',
    contract: 'contributorRegistry',
    method: 'setClaimer',
    parameters: [OF, account('claimer', 'The only claimer; the zero address: anyone')],
  },
  {
    task: 'contributor:recovery',
    description: 'Names who may recover the rules of an account',
    contract: 'contributorRegistry',
    method: 'setRecovery',
    parameters: [OF, account('recovery', 'The recovery address')],
  },
  {
    task: 'contributor:start-recovery',
    description: 'Starts the recovery of an account (its recovery address)',
    contract: 'contributorRegistry',
    method: 'startRecovery',
    parameters: [account('account', 'The account that is lost')],
  },
  {
    task: 'contributor:cancel-recovery',
    description: 'Cancels a recovery (the account or its controller)',
    contract: 'contributorRegistry',
    method: 'cancelRecovery',
    parameters: [OF],
  },
  {
    task: 'contributor:finish-recovery',
    description: 'Finishes a recovery after its delay',
    contract: 'contributorRegistry',
    method: 'finishRecovery',
    parameters: [account('account', 'The account that is lost')],
  },
]
