import { Command, CommanderError } from 'commander'
import { compose, type Oracle } from './compose'
import { loadConfig, redacted } from './config'
import { AttributionOracleError } from './errors'
import { EXIT, exitCodeOf } from './exitCode'
import { explainContribution, postOf, publishedFiles, runEpoch, verifyEpoch } from './pipeline'
import { createPrinter } from './printer'

interface Flags {
  config?: string
  epoch?: string
  json?: boolean
  confirm?: boolean
  workers?: string
  rpcUrl?: string
}

interface Answer {
  result: Record<string, unknown>
  exitCode?: number
}

type Action = (oracle: Oracle, epoch: number, argument: string) => Promise<Answer>

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

async function strike({ operating, challenger, config }: Oracle, epoch: number): Promise<Answer> {
  const { agrees, posted, differences, challenge } = await verifyEpoch(operating, epoch, config)
  const sent = challenge && challenger ? await challenger.challenge(posted.post, challenge) : null
  return {
    result: {
      epoch,
      agrees,
      first: differences[0] ?? null,
      provable: challenge?.kind ?? null,
      sent: sent && { ...sent },
    },
    exitCode: agrees || sent ? EXIT.done : EXIT.differs,
  }
}

async function finalize({ operating }: Oracle, epoch: number): Promise<Answer> {
  const { post, deadline, status } = await postOf(operating, epoch)
  const sent = status === 'pending' && operating.poster ? await operating.poster.finalize(post) : null
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
      const { result, exitCode } = await action(oracle, epoch, argument)
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

function whole(argument: string, text: string): bigint {
  if (/^[0-9]{1,20}$/.test(text)) return BigInt(text)
  const expected = 'a whole number'
  throw new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `This is no ${argument}`, got: text, expected },
    { argument, got: text, expected },
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
ofEpoch('verify', 'recompute a posted epoch from chain and content alone (exit code 3: it differs)', verify)
ofEpoch('challenge', 'verify, and strike a provable lie down', strike).option(...sending)
ofEpoch('finalize', 'make a post final after its challenge window', finalize).option(...sending)
ofEpoch('show', 'what the store knows of an epoch', show)
command(
  program,
  'explain <contribution>',
  'rebuild what a contribution earned, to the wei',
  explain,
).requiredOption('-e, --epoch <n>', 'number of the epoch, from 1')
command(program, 'earnings <account>', 'all that an account earned in the epochs of this store', earnings)
command(program, 'check', 'print the configuration and ask the chain', check)

program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.caller
})
