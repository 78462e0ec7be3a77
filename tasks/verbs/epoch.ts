import { builds } from '../builds'
import type { Preparation, Verb, VerbParameter } from './verb'

const POST: VerbParameter = { name: 'post', help: 'File of the post ("open-datanets/post")' }
const ATTESTATIONS: VerbParameter = {
  name: 'attestations',
  help: 'Files of operator:attest, separated by commas; none where the sender alone is enough',
  fallback: '',
}

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
]

async function newPost({ system, sender, values }: Preparation): Promise<readonly unknown[]> {
  const { readPostFile, quorumOf } = builds().posts
  const post = await readPostFile(values['post'] ?? '')
  const paths = (values['attestations'] ?? '').split(',').filter(path => path !== '')
  const { signers, signatures } = await quorumOf(system, post, sender, paths)
  return [post, signers, signatures]
}
