import { builds } from '../builds'
import { account, type Verb, type VerbParameter } from './verb'

const PROPOSAL: VerbParameter = { name: 'proposal', help: 'Id of the proposal' }
const VOTE_CHOICES = ['against', 'for', 'abstain']
const ROLE: VerbParameter = {
  name: 'role',
  help: 'Number of the role: 0 admin, 1 guardian, 2 epoch manager, 3 slasher',
}

export const governanceVerbs: readonly Verb[] = [
  {
    task: 'governance:delegate',
    description: 'Gives the votes of the sender to an account; to itself to vote',
    contract: 'token',
    method: 'delegate',
    parameters: [{ name: 'to', help: 'Who votes (default: the sender)', fallback: 'sender' }],
  },
  {
    task: 'governance:propose',
    description: 'Proposes calls out of a file; every other task proposes its own call with --propose',
    parameters: [{ name: 'calls', help: 'File of the calls ("open-datanets/calls")' }],
    reaches: [['governor', 'propose']],
    build: async ({ system, values }) => {
      const { description, calls } = await builds().abiDocuments.readCalls(system, values['calls'] ?? '')
      return [builds().proposals.proposeCall(system, calls, description)]
    },
  },
  {
    task: 'governance:vote',
    description: 'Votes on a proposal',
    contract: 'governor',
    method: 'castVoteWithReason',
    parameters: [
      PROPOSAL,
      { name: 'vote', help: VOTE_CHOICES.join(', '), choices: VOTE_CHOICES },
      { name: 'reason', help: 'Why it is voted so', fallback: '' },
    ],
  },
  {
    task: 'governance:queue',
    description: 'Queues a proposal that was won; anyone may',
    contract: 'governor',
    method: 'queue(uint256)',
    parameters: [PROPOSAL],
  },
  {
    task: 'governance:execute',
    description: "Executes a queued proposal after the timelock's delay; anyone may",
    contract: 'governor',
    method: 'execute(uint256)',
    parameters: [PROPOSAL],
  },
  {
    task: 'governance:cancel',
    description: 'Cancels a proposal of the sender that is not voted on yet',
    contract: 'governor',
    method: 'cancel(uint256)',
    parameters: [PROPOSAL],
  },
  {
    task: 'governance:grant-role',
    description: 'Gives an account a role (governance: use --propose)',
    contract: 'access',
    method: 'grantRole',
    parameters: [
      ROLE,
      account('account', 'Who gets it'),
      { name: 'delay', help: 'Seconds that its calls have to wait', fallback: '0' },
    ],
  },
  {
    task: 'governance:revoke-role',
    description: 'Takes a role from an account (governance: use --propose)',
    contract: 'access',
    method: 'revokeRole',
    parameters: [ROLE, account('account', 'Who loses it')],
  },
  {
    task: 'governance:renounce-role',
    description: 'Gives a role of the sender back',
    contract: 'access',
    method: 'renounceRole',
    parameters: [ROLE, { name: 'account', help: 'The sender itself', fallback: 'sender' }],
  },
  {
    task: 'governance:challenge-window',
    description: 'Sets how long roots can be challenged (governance: use --propose)',
    contract: 'attributionOracle',
    method: 'setChallengeWindow',
    parameters: [{ name: 'seconds', help: 'From an hour to 30 days' }],
  },
  {
    task: 'governance:prover',
    description: 'Lets a contract reject roots, or stops it (governance: use --propose)',
    contract: 'attributionOracle',
    method: 'setProver',
    parameters: [
      account('prover', 'The contract'),
      { name: 'enabled', help: 'true or false', fallback: 'true' },
    ],
  },
  {
    task: 'governance:hand-over',
    description: 'Hands vault, escrow and operators over to the next oracle (governance: use --propose)',
    contract: 'attributionOracle',
    method: 'handOver',
    parameters: [account('successor', 'The next oracle')],
  },
  {
    task: 'governance:distributor',
    description: 'Lets a contract pay rewards, or stops it (governance: use --propose)',
    contract: 'token',
    method: 'setDistributor',
    parameters: [
      account('distributor', 'The contract'),
      { name: 'enabled', help: 'true or false', fallback: 'true' },
    ],
  },
]
