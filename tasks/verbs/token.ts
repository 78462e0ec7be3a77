import { account, open, type Verb } from './verb'

export const tokenVerbs: readonly Verb[] = [
  {
    task: 'token:transfer',
    description: 'Sends OPEN',
    contract: 'token',
    method: 'transfer',
    parameters: [account('to', 'The receiver'), open('amount', 'How much')],
  },
  {
    task: 'token:approve',
    description: 'Allows an account to spend OPEN of the sender',
    contract: 'token',
    method: 'approve',
    parameters: [account('spender', 'Who may spend'), open('amount', 'At most how much')],
  },
  {
    task: 'token:transfer-from',
    description: 'Sends OPEN of another account that allowed it to the sender',
    contract: 'token',
    method: 'transferFrom',
    parameters: [account('owner', 'Whose OPEN'), account('to', 'The receiver'), open('amount', 'How much')],
  },
  {
    task: 'token:burn',
    description: 'Burns OPEN of the sender',
    contract: 'token',
    method: 'burn',
    parameters: [open('amount', 'How much')],
  },
]
