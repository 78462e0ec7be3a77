import { account, DATANET, MODEL, open, type Verb } from './verb'

export const emissionVerbs: readonly Verb[] = [
  {
    task: 'emission:fund',
    description: 'Pays the next emission epoch into the pools; anyone may, once per epoch',
    contract: 'emissionController',
    method: 'fundEpoch',
    parameters: [],
  },
  {
    task: 'emission:fund-accrued',
    description: 'Passes on what children credited to a datanet',
    contract: 'emissionController',
    method: 'fundAccrued',
    parameters: [DATANET],
  },
  {
    task: 'emission:report-fees',
    description: "Counts a model's fees for the emission cap of its datanet",
    contract: 'emissionController',
    method: 'reportFees',
    parameters: [MODEL],
  },
  {
    task: 'emission:weights',
    description: 'Sets how the next epochs are split (governance: use --propose)',
    contract: 'emissionController',
    method: 'setWeights',
    parameters: [
      { name: 'datanets', help: 'Ids, ascending, e.g. 1,2' },
      { name: 'bps', help: 'Their parts, 10000 together' },
    ],
  },
  {
    task: 'emission:curve',
    description: 'Replaces the budgets from the next epoch on (governance: use --propose)',
    contract: 'emissionController',
    method: 'setCurve',
    parameters: [
      open('initialBudget', 'Budget of the next epoch'),
      { name: 'decayBps', help: 'What a step leaves of it' },
      { name: 'stepEpochs', help: 'Epochs with the same budget' },
    ],
  },
  {
    task: 'emission:fee-cap',
    description: 'Caps emissions by the fees that a datanet brought (governance: use --propose)',
    contract: 'emissionController',
    method: 'setFeeCap',
    parameters: [
      { name: 'capBps', help: 'Part of the fees; 0 with a floor of 0 switches the cap off' },
      open('floor', 'What a datanet may get without fees'),
    ],
  },
  {
    task: 'emission:hand-over',
    description:
      'Moves the vesting and what no epoch paid to the next controller (governance: use --propose)',
    contract: 'emissionController',
    method: 'handOver',
    parameters: [account('successor', 'The next controller')],
  },
]
