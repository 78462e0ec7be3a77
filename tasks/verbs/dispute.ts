import { account, DATANET, open, type Verb, type VerbParameter } from './verb'

/** What can be ruled, in the order of the contract's enum. */
const RULINGS = ['refused', 'upheld', 'dismissed']

const DISPUTE: VerbParameter = { name: 'dispute', help: 'Id of the dispute' }
const SIDE: VerbParameter = {
  name: 'side',
  help: 'upheld (the challenger) or dismissed (the accused)',
  choices: RULINGS,
}

export const disputeVerbs: readonly Verb[] = [
  {
    task: 'dispute:open',
    description: "Accuses a contributor of a datanet; allows bond and arbitrator's cost first where needed",
    contract: 'disputeCourt',
    method: 'open',
    parameters: [
      DATANET,
      account('accused', 'The contributor'),
      { name: 'evidenceDigest', help: 'Digest of the published evidence' },
    ],
    spends: async ({ system, values }) => {
      const { disputeCourt, committeeArbitrator } = system
      const arbitrator = committeeArbitrator.attach(
        await disputeCourt.arbitrator(),
      ) as typeof committeeArbitrator
      return (await disputeCourt.bondFor(values['accused'] ?? '')) + (await arbitrator.arbitrationCost())
    },
  },
  {
    task: 'dispute:answer',
    description: 'Puts an equal bond behind the accused; allows it first where needed',
    contract: 'disputeCourt',
    method: 'answer',
    parameters: [DISPUTE, { name: 'answerDigest', help: 'Digest of the published answer' }],
    spends: async ({ system, values }) => (await system.disputeCourt.disputeOf(values['dispute'] ?? '')).bond,
  },
  {
    task: 'dispute:escalate',
    description: 'Gives a dispute to the arbitrator once it is answered or too late for that; anyone may',
    contract: 'disputeCourt',
    method: 'escalate',
    parameters: [DISPUTE],
  },
  {
    task: 'dispute:vote',
    description: 'Votes on a dispute (committee)',
    contract: 'committeeArbitrator',
    method: 'vote',
    parameters: [
      {
        name: 'round',
        help: 'Id of the dispute at the arbitrator (dispute:show calls it arbitratorDisputeId)',
      },
      { name: 'ruling', help: RULINGS.join(', '), choices: RULINGS },
    ],
  },
  {
    task: 'dispute:close',
    description: 'Ends a round of the committee whose time is up; anyone may',
    contract: 'committeeArbitrator',
    method: 'close',
    parameters: [{ name: 'round', help: 'Id of the dispute at the arbitrator' }],
  },
  {
    task: 'dispute:appeal',
    description: 'Pays towards an appeal of one side; allows the amount first where needed',
    contract: 'disputeCourt',
    method: 'fundAppeal',
    parameters: [DISPUTE, SIDE, open('amount', 'At most how much')],
    spends: 'amount',
  },
  {
    task: 'dispute:resolve',
    description: 'Makes the last ruling final when no appeal came; anyone may',
    contract: 'disputeCourt',
    method: 'resolve',
    parameters: [DISPUTE],
  },
  {
    task: 'dispute:expire',
    description: 'Ends a dispute whose arbitrator does not move; anyone may',
    contract: 'disputeCourt',
    method: 'expire',
    parameters: [DISPUTE],
  },
  {
    task: 'dispute:slash',
    description: 'Slashes what a final ruling asks for; anyone may',
    contract: 'disputeCourt',
    method: 'executeSlash',
    parameters: [DISPUTE],
  },
  {
    task: 'dispute:claim',
    description: 'Credits a contributor to an appeal what it gets',
    contract: 'disputeCourt',
    method: 'claimContribution',
    parameters: [
      DISPUTE,
      { name: 'appeal', help: 'Number of the appeal, from 0' },
      SIDE,
      account('contributor', 'Who paid for the appeal'),
    ],
  },
  {
    task: 'dispute:collect',
    description: "Pays the sender's credit out",
    contract: 'disputeCourt',
    method: 'collect',
    parameters: [],
  },
  {
    task: 'dispute:committee',
    description: 'Names the committee of later rounds (governance: use --propose)',
    contract: 'committeeArbitrator',
    method: 'setCommittee',
    parameters: [
      { name: 'members', help: 'Their addresses, separated by commas' },
      { name: 'votesNeeded', help: 'More than half of them' },
    ],
  },
  {
    task: 'dispute:arbitrator',
    description: 'Gives later disputes to another arbitrator (governance: use --propose)',
    contract: 'disputeCourt',
    method: 'setArbitrator',
    parameters: [account('arbitrator', 'The arbitrator')],
  },
]
