import { POLICIES } from '../../scripts/createDatanet'
import { account, COUNT, DATANET, FIRST, open, type Verb } from './verb'

export const datanetVerbs: readonly Verb[] = [
  {
    task: 'datanet:terms',
    description: "Sets a datanet's terms for later contributions (owner)",
    contract: 'datanetRegistry',
    method: 'setTerms',
    parameters: [
      DATANET,
      open('stakePerItem', 'OPEN that a contributor locks per item'),
      { name: 'purposes', help: 'Bit set of the uses that contributions are open to' },
      { name: 'license', help: 'SPDX id as bytes32, or the digest of a licence text' },
    ],
  },
  {
    task: 'datanet:create-under',
    description: 'Creates a datanet that has terms from its first contribution on',
    contract: 'datanetRegistry',
    method: 'createDatanetUnder',
    parameters: [
      open('stakePerItem', 'OPEN that a contributor locks per item'),
      { name: 'purposes', help: 'Bit set of the uses that contributions are open to' },
      { name: 'license', help: 'SPDX id as bytes32, or the digest of a licence text' },
      { name: 'name', help: 'Its name, 1 to 64 bytes' },
      {
        name: 'metadataDigest',
        help: 'SHA-256 of a document that describes it',
        fallback: `0x${'0'.repeat(64)}`,
      },
      { name: 'policy', help: POLICIES.join(', '), choices: POLICIES, fallback: 'open' },
    ],
  },
  {
    task: 'datanet:parents',
    description: 'Announces the datanets that share in the emission of a datanet, 14 days ahead (owner)',
    contract: 'datanetRegistry',
    method: 'setParents',
    parameters: [
      DATANET,
      { name: 'ids', help: 'Ids of at most 8 parents, ascending and smaller, e.g. 1,2' },
      { name: 'bps', help: 'Their parts in basis points, 5000 together at most, e.g. 500,250' },
    ],
  },
  {
    task: 'datanet:allow',
    description: 'Lets an account contribute to a datanet with a list, or stops it (owner)',
    contract: 'datanetRegistry',
    method: 'setContributor',
    parameters: [
      DATANET,
      account('account', 'The contributor'),
      { name: 'allowed', help: 'true or false', fallback: 'true' },
    ],
  },
  {
    task: 'datanet:builder',
    description: 'Lets an account register models of a datanet, or stops it (owner)',
    contract: 'datanetRegistry',
    method: 'setBuilder',
    parameters: [
      DATANET,
      account('account', 'The model builder'),
      { name: 'allowed', help: 'true or false', fallback: 'true' },
    ],
  },
  {
    task: 'datanet:decide',
    description: 'Accepts or refuses a batch of a curated datanet (owner)',
    contract: 'datanetRegistry',
    method: 'decideBatch',
    parameters: [
      DATANET,
      { name: 'batch', help: 'Id of the batch' },
      { name: 'accepted', help: 'true or false', fallback: 'true' },
    ],
  },
  {
    task: 'datanet:transfer',
    description: 'Offers a datanet to a new owner, who has to accept it (owner)',
    contract: 'datanetRegistry',
    method: 'transferDatanet',
    parameters: [DATANET, account('to', 'The new owner')],
  },
  {
    task: 'datanet:accept',
    description: 'Takes over a datanet that was offered to the sender',
    contract: 'datanetRegistry',
    method: 'acceptDatanet',
    parameters: [DATANET],
  },
  {
    task: 'datanet:withdraw',
    description: 'Withdraws contributions of the sender: they count no more from the next epoch on',
    contract: 'datanetRegistry',
    method: 'withdraw',
    parameters: [FIRST, COUNT],
  },
  {
    task: 'datanet:relicense',
    description: 'Gives contributions of the sender another licence',
    contract: 'datanetRegistry',
    method: 'changeLicense',
    parameters: [
      FIRST,
      COUNT,
      { name: 'license', help: 'SPDX id as bytes32, or the digest of a licence text' },
    ],
  },
  {
    task: 'datanet:succeed',
    description: 'Names the successors of contributions of the sender',
    contract: 'datanetRegistry',
    method: 'succeed',
    parameters: [
      FIRST,
      { name: 'successor', help: 'Id of the first contribution that takes their place' },
      COUNT,
    ],
  },
  {
    task: 'datanet:commit',
    description: 'Commits one item by its commitment, without files',
    contract: 'datanetRegistry',
    method: 'commit',
    parameters: [
      DATANET,
      { name: 'commitment', help: 'The leaf of the item' },
      { name: 'manifestDigest', help: 'SHA-256 of the published manifest' },
    ],
  },
  {
    task: 'datanet:commit-under',
    description: 'Commits a batch by its root, only under the given version of the terms',
    contract: 'datanetRegistry',
    method: 'commitBatchUnder',
    parameters: [
      { name: 'termsVersion', help: "Version of the datanet's terms that the sender agreed to" },
      DATANET,
      { name: 'itemsRoot', help: 'Merkle root of the items' },
      { name: 'itemCount', help: 'How many items' },
      { name: 'manifestDigest', help: 'SHA-256 of the published manifest' },
    ],
  },
]
