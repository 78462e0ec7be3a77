import { canonicalBytes, canonicalJson, sha256, type PostRecord } from '../domain'
import { isPublished, settledPost, verifyEpoch, type Difference, type Finding } from '../pipeline'
import { postingKey, type Round } from './round'

/**
 * Holds every pending or final post against our own computation, the pending ones first: there is time to act on them.
 * What we settled ourselves needs no second computation. A pending post whose data could not be read is looked at again
 * when it can be.
 */
export async function verifyPosts(round: Round): Promise<void> {
  const { history, memory } = round
  const standing = history.posts.filter(({ status }) => status === 'pending' || status === 'final')
  const pending = standing.filter(({ status }) => status === 'pending')
  for (const record of [...pending, ...standing]) {
    const key = postingKey(record)
    if (memory.done.has(key)) continue
    if (memory.findings.has(key) && !(await hasCome(round, record, key))) continue
    await tellPosted(round, record)
    await verifyOne(round, record, key)
  }
}

async function verifyOne(round: Round, record: PostRecord, key: string): Promise<void> {
  const { deps, memory, options } = round
  const { post, status } = record
  const digest = sha256(canonicalBytes(post))
  if (status === 'final' && (await deps.verifications?.find(post.epoch, digest))) {
    memory.done.add(key)
    return
  }
  const { tolerancePpm, mode } = options
  const verifyShare = mode === 'operator' ? 1 : options.verifyShare
  const finding = (await isOurs(round, record))
    ? AGREES
    : await verifyEpoch(deps, post.epoch, { tolerancePpm, verifyShare })
  const [difference] = finding.differences
  await deps.verifications?.record({
    epoch: post.epoch,
    post: digest,
    agrees: finding.agrees,
    ...(difference && { difference }),
    at: Math.floor(Date.now() / 1000),
  })
  memory.findings.set(key, finding)
  tellVerified(round, record, finding.agrees, difference)
}

const AGREES: Finding = {
  agrees: true,
  honest: undefined,
  differences: [],
  challenge: undefined,
  demands: [],
  withheld: false,
}

/** Whether what a pending post withheld has come since. */
async function hasCome({ deps, memory }: Round, { post, status }: PostRecord, key: string): Promise<boolean> {
  const withheld = status === 'pending' && memory.findings.get(key)!.withheld
  return withheld && (await isPublished(deps, post))
}

async function isOurs({ deps }: Round, { post }: PostRecord): Promise<boolean> {
  const state = await deps.store.state(post.epoch)
  if (state !== 'settled' && state !== 'submitted' && state !== 'final') return false
  return canonicalJson(await settledPost(deps, post.epoch)) === canonicalJson(post)
}

async function tellPosted({ deps, memory }: Round, { post, deadline }: PostRecord): Promise<void> {
  const { epoch, ledgerRoot } = post
  const { challengeWindow } = await deps.oracle.now()
  memory.tell(`posted ${epoch}`, { kind: 'posted', epoch, ledgerRoot, at: deadline - challengeWindow })
}

function tellVerified(
  { options }: Round,
  { post: { epoch } }: PostRecord,
  agrees: boolean,
  difference: Difference | undefined,
): void {
  const { part, position, got, expected } = difference ?? {}
  options.observe({
    kind: 'verified',
    epoch,
    agrees,
    ...(part !== undefined && { part: position === undefined ? part : `${part} leaf ${position}` }),
    ...(got !== undefined && { got }),
    ...(expected !== undefined && { expected }),
  })
}
