import { account, open, type Verb } from './verb'

export const operatorVerbs: readonly Verb[] = [
  {
    task: 'operator:bond',
    description: 'Bonds OPEN as an operator; allows it to the contract first where needed',
    contract: 'operatorSet',
    method: 'bond',
    parameters: [open('amount', 'How much')],
    spends: 'amount',
  },
  {
    task: 'operator:exit',
    description: 'Announces that the operator leaves with its bond',
    contract: 'operatorSet',
    method: 'requestExit',
    parameters: [],
  },
  {
    task: 'operator:withdraw',
    description: 'Pays the bond of an operator that left out after the delay',
    contract: 'operatorSet',
    method: 'withdrawBond',
    parameters: [],
  },
  {
    task: 'operator:settle-slash',
    description: 'Burns half of a slashed bond and credits the other half to its challenger; anyone may',
    contract: 'operatorSet',
    method: 'settleSlash',
    parameters: [account('operator', 'The operator that was slashed')],
  },
  {
    task: 'operator:collect',
    description: "Collects the sender's rewards for rejected roots",
    contract: 'operatorSet',
    method: 'collectReward',
    parameters: [],
  },
  {
    task: 'operator:set',
    description: 'Names the operators from an epoch on (governance: use --propose)',
    contract: 'operatorSet',
    method: 'setOperators',
    parameters: [
      { name: 'operators', help: 'Their addresses, separated by commas' },
      { name: 'faults', help: 'How many may be faulty: a post needs one signature more' },
      { name: 'fromEpoch', help: 'First epoch of the new set' },
    ],
  },
]
