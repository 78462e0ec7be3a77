import { account, DATANET, open, type Verb } from './verb'

export const stakeVerbs: readonly Verb[] = [
  {
    task: 'stake:add',
    description:
      'Stakes OPEN behind contributions to a datanet; allows it to the contract first where needed',
    contract: 'staking',
    method: 'stake',
    parameters: [DATANET, open('amount', 'How much')],
    spends: 'amount',
  },
  {
    task: 'stake:exit',
    description: 'Announces that stake leaves a datanet',
    contract: 'staking',
    method: 'requestExit',
    parameters: [DATANET, open('amount', 'How much')],
  },
  {
    task: 'stake:withdraw',
    description: 'Pays announced stake out after the delay',
    contract: 'staking',
    method: 'withdraw',
    parameters: [DATANET],
  },
  {
    task: 'stake:collect',
    description: "Collects the sender's part of the fees",
    contract: 'staking',
    method: 'collectReward',
    parameters: [],
  },
  {
    task: 'stake:collect-credit',
    description: 'Collects what slashed stake brought the sender',
    contract: 'staking',
    method: 'collectCredit',
    parameters: [],
  },
  {
    task: 'stake:reward',
    description: 'Gives OPEN to all stakers',
    contract: 'staking',
    method: 'notifyReward',
    parameters: [open('amount', 'How much')],
    spends: 'amount',
  },
  {
    task: 'stake:slash',
    description: 'Slashes stake (a holder of the role SLASHER; the court does it by itself)',
    contract: 'staking',
    method: 'slash',
    parameters: [
      account('account', 'Whose stake'),
      DATANET,
      open('amount', 'At most how much'),
      account('beneficiary', 'Who is credited half of it'),
    ],
  },
]
