import type { Command } from 'commander'
import { existsSync } from 'node:fs'
import { costFile, type Oracle } from '../compose'
import { writeWhole } from '../content'
import {
  ATTESTATION_FORMAT,
  attestationDocument,
  canonicalBytes,
  postDocument,
  type AttestationDocument,
  type EpochState,
  type Post,
} from '../domain'
import { EXIT } from '../exitCode'
import {
  attestationFile,
  auditByRetraining,
  costOf,
  costText,
  postOf,
  postSettled,
  publishedFiles,
  runEpoch,
  settledPost,
  verifyEpoch,
  verifyProposal,
} from '../pipeline'
import { epochNumber, readGiven, wholeNumber, wrongArgument } from './arguments'
import { auditTable } from './auditTable'
import { dryRun, plannedFinalize, plannedPost } from './dryRun'
import { planOf } from './epochPlan'
import { expectPublishFolder } from './publishFolder'
import { configured, type Answer, type Flags, type Session } from './session'
import { withOracle } from './withOracle'

type EpochAction = (oracle: Oracle, epoch: number, flags: Flags) => Promise<Answer>

const SENDING = ['--confirm', 'really send transactions; without it nothing is sent'] as const
const AUDITED =
  'trainings of the reference model, each as dear as the first; 100 by default, fewer tell large contributors apart alone'

/** `epoch …`: one step at a time, by hand. */
export function addEpochCommands(program: Command): void {
  const group = program.command('epoch').description('the life of an epoch, one step at a time')
  const add = (name: string, description: string, action: EpochAction): Command =>
    configured(group, name, description, at(action)).requiredOption(
      '-e, --epoch <n>',
      'number of the epoch, from 1',
    )
  add('plan', 'what the epoch would be computed from, and the next step; stores nothing', planOf)
  add('run', 'take it as far as it can go', run('final')).option(...SENDING)
  add('score', 'close and score it', run('scored'))
  add('settle', 'close, score, settle and publish it', run('settled'))
  add('sign', 'sign a post that our own computation gives, for another operator to send', sign).option(
    '--post <file>',
    "another operator's post.json; without it, what this oracle settled",
  )
  add('post', 'post what this oracle settled, signed by others, too', post)
    .option('--signatures <files...>', 'attestations of other operators, as "epoch sign" writes them')
    .option(...SENDING)
  add('verify', 'recompute a posted epoch from chain and content alone (exit code 3: it differs)', verify)
  add('diff', 'where a post starts to differ from what we compute: the first row of every part', diff).option(
    '--post <file>',
    "another operator's post.json, instead of what is posted",
  )
  add('challenge', 'verify, and strike a provable lie down', challenge).option(...SENDING)
  add('finalize', 'make a post final after its challenge window', finalize).option(...SENDING)
  add(
    'audit',
    'retrain without random contributors, and publish how that agrees with what was paid',
    audit,
  ).option('--coalitions <k>', AUDITED)
  add('show', 'what the store knows of it', show)
}

const at =
  (action: EpochAction) =>
  async (session: Session): Promise<Answer> => {
    const epoch = epochNumber(String(session.flags['epoch']))
    // a file that cannot be read is found before anything is asked or computed
    const { post, signatures = [] } = session.flags as { post?: string; signatures?: string[] }
    if (post !== undefined) await readPost(post, epoch)
    await readAttestations(signatures)
    return withOracle(session, oracle => action(oracle, epoch, session.flags))
  }

const run =
  (until: EpochState): EpochAction =>
  async (oracle, epoch) => {
    const { operating } = oracle
    if (until !== 'scored') await expectPublishFolder(operating)
    const outcome = await runEpoch(operating, epoch, until)
    const { post = null, transaction = null, state } = outcome
    const published = post && publishedFiles(operating.publishFolder, epoch)
    // a large ledger has none: its claims are in the tree file
    const files = published && {
      ...published,
      claims: existsSync(published.claims) ? published.claims : null,
    }
    const unsent = until === 'final' && state === 'settled' && post ? [plannedPost(oracle, post)] : []
    const planned = until === 'final' ? dryRun(oracle, unsent) : {}
    return { result: { ...outcome, post, transaction, ...files, ...planned } }
  }

async function verify({ operating, config }: Oracle, epoch: number): Promise<Answer> {
  const { agrees, posted, honest, differences, challenge } = await verifyEpoch(operating, epoch, config)
  const { status, poster, post } = posted
  const found = { epoch, agrees, status, poster, differences, provable: challenge?.kind ?? null }
  return { result: { ...found, posted: post, honest: honest ?? null }, exitCode: verdict(agrees) }
}

async function diff({ operating, config }: Oracle, epoch: number, flags: Flags): Promise<Answer> {
  const file = flags['post'] as string | undefined
  const of = file === undefined ? 'the chain' : file
  const { agrees, differences, challenge } =
    file === undefined
      ? await verifyEpoch(operating, epoch, config)
      : await verifyProposal(operating, await readPost(file, epoch), config)
  const [first = null] = differences
  const result = { epoch, post: of, agrees, first, provable: challenge?.kind ?? null, differences }
  return { result, exitCode: verdict(agrees) }
}

const verdict = (agrees: boolean): number => (agrees ? EXIT.done : EXIT.differs)

/** Signs our own settled post, or another operator's that our computation agrees with. Sends nothing. */
async function sign({ operating, attestor, config }: Oracle, epoch: number, flags: Flags): Promise<Answer> {
  const file = flags['post'] as string | undefined
  if (!attestor) throw wrongArgument('operatorKey', 'no key', 'the key of an operator')
  const post = await (file === undefined ? settledPost(operating, epoch) : readPost(file, epoch))
  if (file !== undefined) {
    const { agrees, differences, honest } = await verifyProposal(operating, post, config)
    const result = { epoch, agrees, differences, honest: honest ?? null }
    if (!agrees) return { result, exitCode: EXIT.differs }
  }
  const word = await attestor.attest(post)
  const attestation = { format: ATTESTATION_FORMAT, version: 1 as const, ...word }
  const path = attestationFile(operating.publishFolder, epoch, attestation.operator)
  await writeWhole(path, canonicalBytes(attestation))
  return { result: { epoch, agrees: true, attestation, file: path } }
}

/** Posts what this oracle settled, with the words of the other operators that the quorum needs. */
async function post(oracle: Oracle, epoch: number, flags: Flags): Promise<Answer> {
  const { operating } = oracle
  const { poster } = operating
  const files = (flags['signatures'] ?? []) as string[]
  const attestations = await readAttestations(files)
  const outcome = poster
    ? await postSettled({ ...operating, poster }, epoch, attestations)
    : await runEpoch(operating, epoch, 'submitted')
  const { post = null, transaction = null } = outcome
  const unsent = outcome.state === 'settled' && post ? [plannedPost(oracle, post)] : []
  return { result: { ...outcome, post, transaction, ...dryRun(oracle, unsent) } }
}

function readAttestations(files: readonly string[]): Promise<AttestationDocument[]> {
  const read = (file: string): Promise<AttestationDocument> =>
    readGiven('signatures', file, ATTESTATION_FORMAT, attestationDocument)
  return Promise.all(files.map(read))
}

async function readPost(file: string, epoch: number): Promise<Post> {
  const read = await readGiven('post', file, 'post', postDocument)
  if (read.epoch === epoch) return read
  throw wrongArgument('post', `a post of epoch ${read.epoch}`, `one of epoch ${epoch}`)
}

async function challenge(oracle: Oracle, epoch: number): Promise<Answer> {
  const { operating, challenger, slashing, config } = oracle
  const { agrees, posted, differences, challenge } = await verifyEpoch(operating, epoch, config)
  const sent =
    challenge && challenger ? await challenger.challenge(posted.post, posted.signers, challenge) : null
  const settled = sent && slashing ? await slashing.settle(epoch, posted.signers) : []
  const unsent = challenge
    ? [{ action: `challenge ${challenge.kind}`, contract: config.fraudProofs, epoch }]
    : []
  return {
    result: {
      epoch,
      agrees,
      first: differences[0] ?? null,
      provable: challenge?.kind ?? null,
      sent: sent && { ...sent },
      settled: settled.map(each => ({ ...each })),
      ...dryRun(oracle, unsent),
    },
    exitCode: verdict(agrees || sent !== null),
  }
}

async function finalize(oracle: Oracle, epoch: number): Promise<Answer> {
  const { poster } = oracle.operating
  const { post, deadline, signers, status } = await postOf(oracle.operating, epoch)
  const sent = status === 'pending' && poster ? await poster.finalize(post, signers) : null
  const unsent = status === 'pending' ? [plannedFinalize(oracle, post)] : []
  return { result: { epoch, status, deadline, sent: sent && { ...sent }, ...dryRun(oracle, unsent) } }
}

/** What the store knows, and what the record of costs says; for people as a report. */
async function show({ operating, config }: Oracle, epoch: number, flags: Flags): Promise<Answer> {
  const { store } = operating
  const [state = null, epochs] = await Promise.all([store.state(epoch), store.epochs()])
  const costs = await costOf(operating, costFile(config), epoch)
  if (flags['json']) return { result: { epoch, state, epochs, costs: { ...costs } } }
  const all = epochs.map(each => `${each.epoch} ${each.state}`).join(', ') || 'none'
  return { result: { epoch, state, epochs: all, costs: costText(costs).split('\n') } }
}

async function audit({ operating }: Oracle, epoch: number, flags: Flags): Promise<Answer> {
  const coalitions = Number(wholeNumber('coalitions', String(flags['coalitions'] ?? '100')))
  const { post } = await postOf(operating, epoch)
  const { audit: done, digest } = await auditByRetraining(operating, post, { coalitions })
  const { contributors, retrainings, pearson, spearman } = done
  const result = { epoch, document: digest, retrainings, pearson, spearman }
  return { result: { ...result, contributors: flags['json'] ? contributors : auditTable(contributors) } }
}
