import type { ParamType } from 'ethers'

import { abiValue } from '../../scripts/abiArguments'
import { ProtocolError, type Fault } from '../../scripts/errors'
import { builds } from '../builds'
import type { Preparation, Verb, VerbParameter } from './verb'

const POST: VerbParameter = { name: 'post', help: 'File of the post ("open-datanets/post")' }
const ATTESTATIONS: VerbParameter = {
  name: 'attestations',
  help: 'Files of operator:attest, separated by commas; none where the sender alone is enough',
  fallback: '',
}

/** The trees of a post, in the order of the contract's enum. */
const TREES = ['ledger', 'journal', 'manifest', 'settlement']

const NO_POOL = JSON.stringify([0, 0, `0x${'00'.repeat(24)}`, 0, 0, 0, 0, 0, '0x'])

export const epochVerbs: readonly Verb[] = [
  {
    task: 'epoch:open',
    description: 'Fixes how an epoch will be computed (epoch manager)',
    contract: 'attributionOracle',
    method: 'openEpoch',
    parameters: [
      { name: 'epoch', help: 'Number of the epoch' },
      { name: 'configDigest', help: 'Digest of its configuration' },
    ],
  },
  {
    task: 'epoch:post',
    description: "Posts an epoch's roots with the signatures of enough operators",
    contract: 'attributionOracle',
    method: 'post',
    parameters: [POST, ATTESTATIONS],
    prepare: newPost,
  },
  {
    task: 'epoch:finalize',
    description: 'Makes the pending root final after its challenge window; anyone may',
    contract: 'attributionOracle',
    method: 'finalize',
    parameters: [],
    prepare: async ({ system }) => {
      const { post, signers } = await builds().posts.pendingPost(system)
      return [post, signers]
    },
  },
  {
    task: 'epoch:advance',
    description: 'Makes the pending root final and posts the next one, in one transaction',
    contract: 'attributionOracle',
    method: 'advance',
    parameters: [POST, ATTESTATIONS],
    prepare: async input => {
      const { post, signers } = await builds().posts.pendingPost(input.system)
      return [post, signers, ...(await newPost(input))]
    },
  },
  {
    task: 'epoch:demand',
    description:
      'Demands that a page of a tree of the pending root is revealed; anyone may, in time for the answer',
    contract: 'pageDemands',
    method: 'demand',
    parameters: [
      { name: 'tree', help: TREES.join(', ') },
      { name: 'number', help: 'Number of the page of 64 leaves, from 0' },
      {
        name: 'pool',
        help: "A settlement's leaf of the manifest, as JSON; nothing for the other trees",
        fallback: NO_POOL,
      },
    ],
    prepare: pageDemand,
  },
  {
    task: 'epoch:reveal',
    description: 'Answers a demand with the leaves of the page; anyone may',
    contract: 'pageDemands',
    method: 'reveal',
    parameters: [
      { name: 'tree', help: TREES.join(', '), choices: TREES },
      { name: 'pool', help: 'Id of the pool of a settlement, else 0', fallback: '0' },
      { name: 'root', help: 'Root of the tree' },
      { name: 'leafCount', help: 'How many leaves the tree has' },
      { name: 'number', help: 'Number of the page' },
      { name: 'leaves', help: 'The leaves of the page, packed, as hex' },
      { name: 'proof', help: 'Siblings of the page, as hex' },
    ],
  },
]

async function pageDemand({ system, values }: Preparation): Promise<readonly unknown[]> {
  const inputs = system.pageDemands.interface.getFunction('demand').inputs
  const faults: Fault[] = []
  const tree = TREES.indexOf(values['tree'] ?? '')
  if (tree === -1)
    faults.push({ name: 'tree', got: `"${values['tree']}"`, expected: `one of: ${TREES.join(', ')}` })
  const number = abiValue(inputs[3] as ParamType, values['number'], 'number', faults)
  const pool = abiValue(inputs[4] as ParamType, values['pool'], 'pool', faults)
  if (faults.length > 0) throw new ProtocolError('ARGUMENTS_INVALID', { task: 'epoch:demand', faults })
  const { post, signers } = await builds().posts.pendingPost(system)
  return [post, signers, tree, number, pool]
}

async function newPost({ system, sender, values }: Preparation): Promise<readonly unknown[]> {
  const { readPostFile, quorumOf } = builds().posts
  const post = await readPostFile(values['post'] ?? '')
  const paths = (values['attestations'] ?? '').split(',').filter(path => path !== '')
  const { signers, signatures } = await quorumOf(system, post, sender, paths)
  return [post, signers, signatures]
}
