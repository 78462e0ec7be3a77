import { Command, CommanderError } from 'commander'
import { readFile } from 'node:fs/promises'
import { compose, type Oracle } from './compose'
import { loadConfig, redacted } from './config'
import { writeWhole } from './content'
import {
  ATTESTATION_FORMAT,
  attestationDocument,
  canonicalBytes,
  parseDocument,
  postDocument,
  type Post,
} from './domain'
import { AttributionOracleError } from './errors'
import { EXIT, exitCodeOf } from './exitCode'
import {
  attestationFile,
  auditByRetraining,
  explainContribution,
  postOf,
  postSettled,
  publishedFiles,
  runEpoch,
  settledPost,
  verifyEpoch,
  verifyProposal,
} from './pipeline'
import { createPrinter } from './printer'
import { auditTable } from './auditTable'
import { scoreCommand, type ScoreFlags } from './scoreCommand'

interface Flags {
  config?: string
  post?: string
  signatures?: string[]
  epoch?: string
  json?: boolean
  confirm?: boolean
  workers?: string
  coalitions?: string
  rpcUrl?: string
}

interface Answer {
  result: Record<string, unknown>
  exitCode?: number
}

type Action = (oracle: Oracle, epoch: number, argument: string, flags: Flags) => Promise<Answer>

async function run({ operating }: Oracle, epoch: number): Promise<Answer> {
  const outcome = await runEpoch(operating, epoch)
  const files = outcome.post && publishedFiles(operating.publishFolder, epoch)
  return {
    result: { ...outcome, post: outcome.post ?? null, transaction: outcome.transaction ?? null, ...files },
  }
}

async function verify({ operating, config }: Oracle, epoch: number): Promise<Answer> {
  const { agrees, posted, honest, differences, challenge } = await verifyEpoch(operating, epoch, config)
  const { status, poster, post } = posted
  return {
    result: {
      epoch,
      agrees,
      status,
      poster,
      differences,
      provable: challenge?.kind ?? null,
      posted: post,
      honest: honest ?? null,
    },
    exitCode: agrees ? EXIT.done : EXIT.differs,
  }
}

/** Signs our own settled post, or another operator's that our computation agrees with. Sends nothing. */
async function sign(
  oracle: Oracle,
  epoch: number,
  _argument: string,
  { post: file }: Flags,
): Promise<Answer> {
  const { operating, attestor, config } = oracle
  if (!attestor) throw argument('operatorKey', 'no key', 'the key of an operator')
  const post = await (file === undefined ? settledPost(operating, epoch) : readPost(file, epoch))
  if (file !== undefined) {
    const { agrees, differences, honest } = await verifyProposal(operating, post, config)
    if (!agrees)
      return { result: { epoch, agrees, differences, honest: honest ?? null }, exitCode: EXIT.differs }
  }
  const attestation = {
    format: ATTESTATION_FORMAT,
    version: 1 as const,
    ...(await attestor.attest(post)),
  }
  const path = attestationFile(operating.publishFolder, epoch, attestation.operator)
  await writeWhole(path, canonicalBytes(attestation))
  return { result: { epoch, agrees: true, attestation, file: path } }
}

/** Posts what this oracle settled, with the words of the other operators that the quorum needs. */
async function post({ operating }: Oracle, epoch: number, _argument: string, flags: Flags): Promise<Answer> {
  const { poster } = operating
  const attestations = []
  for (const file of flags.signatures ?? []) {
    attestations.push(parseDocument(attestationDocument, ATTESTATION_FORMAT, await readFile(file)))
  }
  const outcome = poster
    ? await postSettled({ ...operating, poster }, epoch, attestations)
    : await runEpoch(operating, epoch)
  return { result: { ...outcome, post: outcome.post ?? null, transaction: outcome.transaction ?? null } }
}

async function readPost(file: string, epoch: number): Promise<Post> {
  const read = parseDocument(postDocument, 'post', await readFile(file))
  if (read.epoch !== epoch) throw argument('post', `a post of epoch ${read.epoch}`, `one of epoch ${epoch}`)
  return read
}

async function strike({ operating, challenger, slashing, config }: Oracle, epoch: number): Promise<Answer> {
  const { agrees, posted, differences, challenge } = await verifyEpoch(operating, epoch, config)
  const sent =
    challenge && challenger ? await challenger.challenge(posted.post, posted.signers, challenge) : null
  const settled = sent && slashing ? await slashing.settle(epoch, posted.signers) : []
  return {
    result: {
      epoch,
      agrees,
      first: differences[0] ?? null,
      provable: challenge?.kind ?? null,
      sent: sent && { ...sent },
      settled: settled.map(each => ({ ...each })),
    },
    exitCode: agrees || sent ? EXIT.done : EXIT.differs,
  }
}

async function finalize({ operating }: Oracle, epoch: number): Promise<Answer> {
  const { post, deadline, signers, status } = await postOf(operating, epoch)
  const sent =
    status === 'pending' && operating.poster ? await operating.poster.finalize(post, signers) : null
  return { result: { epoch, status, deadline, sent: sent && { ...sent } } }
}

async function show({ operating }: Oracle, epoch: number): Promise<Answer> {
  return {
    result: {
      epoch,
      state: (await operating.store.state(epoch)) ?? null,
      epochs: await operating.store.epochs(),
    },
  }
}

async function explain({ operating }: Oracle, epoch: number, contribution: string): Promise<Answer> {
  const { post } = await postOf(operating, epoch)
  return {
    result: { ...(await explainContribution(operating.content, post, whole('contribution', contribution))) },
  }
}

async function audit({ operating }: Oracle, epoch: number, _: string, flags: Flags): Promise<Answer> {
  const coalitions = Number(whole('coalitions', flags.coalitions ?? '100'))
  const { post } = await postOf(operating, epoch)
  const { audit: done, digest } = await auditByRetraining(operating, post, { coalitions })
  const { contributors, retrainings, pearson, spearman } = done
  const result = { epoch, document: digest, retrainings, pearson, spearman }
  return { result: { ...result, contributors: flags.json ? contributors : auditTable(contributors) } }
}

async function earnings({ operating }: Oracle, _epoch: number, account: string): Promise<Answer> {
  const rows = await operating.store.earnings(account)
  return { result: { account, total: rows.reduce((sum, { amount }) => sum + amount, 0n), earnings: rows } }
}

async function check({ config, operating }: Oracle): Promise<Answer> {
  return { result: { config: redacted(config), finalized: { ...(await operating.chain.finalizedBlock()) } } }
}

/** Reads the configuration, builds the oracle, runs one command, prints its answer and closes everything again. */
async function execute(action: Action, argument: string, flags: Flags): Promise<number> {
  const printer = createPrinter(process.stdout, process.stderr, flags.json === true)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  try {
    const { config: file, workers, rpcUrl } = flags
    const epoch = flags.epoch === undefined ? 0 : Number(whole('epoch', flags.epoch))
    const config = await loadConfig({ file, flags: { workers, rpcUrl }, env: process.env })
    const options = { confirm: flags.confirm === true, onProgress: printer.progress, signal: stop.signal }
    const oracle = await compose(config, options)
    try {
      const { result, exitCode } = await action(oracle, epoch, argument, flags)
      printer.result(result)
      return exitCode ?? EXIT.done
    } finally {
      await oracle.close()
    }
  } catch (error) {
    printer.failure(error)
    return exitCodeOf(error)
  }
}

function whole(name: string, text: string): bigint {
  if (/^[0-9]{1,20}$/.test(text)) return BigInt(text)
  throw argument(name, text, 'a whole number')
}

function argument(name: string, got: string, expected: string): AttributionOracleError {
  const what = `The argument ${name} cannot be used`
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what, got, expected },
    { argument: name, got, expected },
  )
}

function command(parent: Command, name: string, description: string, action: Action): Command {
  return parent
    .command(name)
    .description(description)
    .option('-c, --config <file>', 'configuration file; the environment alone is enough, too')
    .option('--rpc-url <url>', 'instead of the configured one')
    .option('--workers <n>', 'threads for scoring')
    .option('--json', 'print the result as one line of JSON')
    .action(async (...args: unknown[]) => {
      const [argument, flags] = args.length === 3 ? [String(args[0]), args[1]] : ['', args[0]]
      process.exitCode = await execute(action, argument, flags as Flags)
    })
}

const program = new Command('attribution-oracle')
  .description('Screens, scores and settles contributions, posts the ledger root, verifies everyone else.')
  .exitOverride()

const epochs = program.command('epoch').description('the life of an epoch')
const ofEpoch = (name: string, description: string, action: Action): Command =>
  command(epochs, name, description, action).requiredOption('-e, --epoch <n>', 'number of the epoch, from 1')
const sending = ['--confirm', 'really send transactions; without it nothing is sent'] as const

ofEpoch('run', 'take an epoch as far as it can go', run).option(...sending)
ofEpoch('sign', 'sign a post that our own computation gives, for another operator to send', sign).option(
  '--post <file>',
  "another operator's post.json; without it, what this oracle settled",
)
ofEpoch('post', 'post what this oracle settled, signed by others, too', post)
  .option('--signatures <files...>', 'attestations of other operators, as "epoch sign" writes them')
  .option(...sending)
ofEpoch('verify', 'recompute a posted epoch from chain and content alone (exit code 3: it differs)', verify)
ofEpoch('challenge', 'verify, and strike a provable lie down', strike).option(...sending)
ofEpoch('finalize', 'make a post final after its challenge window', finalize).option(...sending)
ofEpoch(
  'audit',
  'retrain without random contributors, and publish how that agrees with what was paid',
  audit,
).option(
  '--coalitions <k>',
  'trainings of the reference model, each as dear as the first; 100 by default, fewer tell large contributors apart alone',
)
ofEpoch('show', 'what the store knows of an epoch', show)
command(
  program,
  'explain <contribution>',
  'rebuild what a contribution earned, to the wei',
  explain,
).requiredOption('-e, --epoch <n>', 'number of the epoch, from 1')
command(program, 'earnings <account>', 'all that an account earned in the epochs of this store', earnings)
program
  .command('score')
  .description('score training rows of any ONNX model, from files to files; needs no chain')
  .option('--job <file>', 'the job, JSON of open-datanets/score-job; see docs/score-job.md')
  .option('--out <file>', 'scores, NPY; values, groups and the receipt lie beside it')
  .option('--workers <n>', 'threads, instead of those of the job')
  .option('--json', 'print the result as one line of JSON')
  .option('--schema', 'print the JSON Schema of a job and end')
  .action(async (flags: ScoreFlags) => {
    process.exitCode = await scoreCommand(flags)
  })
command(program, 'check', 'print the configuration and ask the chain', check)

program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.caller
})
