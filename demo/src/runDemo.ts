import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { openContentStore } from '@open-datanets/content-store'
import { startChain } from '@open-datanets/embedded-chain'
import { closingTable } from './closingTable'
import { GasLedger } from './gasLedger'
import { journey, writeReport } from './journey'
import { SIZES, type Options } from './options'
import type { Report } from './report'
import { ACCOUNTS, castRoles } from './roles'
import type { Terminal } from './terminal'

/** A fixed genesis time, and a finalized block two behind, as far as anvil goes. */
const GENESIS = ['--timestamp', 1_790_000_000, '--slots-in-an-epoch', 1]
// A block a second beside those of transactions: whoever waits for a receipt that just passed it by sees the next block.
const MINING = ['--mixed-mining', '--block-time', 1]
const UNWIND_MS = 5_000
/** What an earlier run left in the folder. */
const LEFTOVERS = ['content', 'operator', 'verifier', 'receipts.jsonl', 'report.html', 'report.json']

/** Starts the chain, goes through the journey, tells the end, and stops the chain whatever happened. */
export async function runDemo(options: Options, terminal: Terminal, signal: AbortSignal): Promise<Report> {
  for (const name of LEFTOVERS) await rm(path.join(options.out, name), { recursive: true, force: true })
  await mkdir(options.out, { recursive: true })
  const chain = await startChain({ args: ['--accounts', ACCOUNTS, ...GENESIS, ...MINING], pollMs: 40 })
  let told: Promise<Report> | undefined
  try {
    const world = {
      options,
      size: SIZES[options.size],
      terminal,
      chain,
      roles: castRoles(chain.provider),
      gas: new GasLedger(),
      content: openContentStore(path.join(options.out, 'content')),
      signal,
    }
    told = journey(world)
    const report = await untilAborted(signal, told)
    const page = await writeReport(report, options.out)
    tell(terminal, report, page)
    if (options.keepRunning) await keepRunning(terminal, chain.url, signal)
    return report
  } finally {
    await unwound(told)
    await chain.stop()
  }
}

function tell(terminal: Terminal, report: Report, page: string): void {
  terminal.chapter('Who earned what, and why')
  terminal.print(closingTable(report))
  for (const { name, passed, detail } of report.checks) {
    terminal.print(`  ${passed ? 'holds' : 'FAILS'}  ${name}: ${detail}`)
  }
  terminal.print(`\nreport: ${path.relative(process.cwd(), page)}`)
}

/** A chapter that waits for the chain does not see the signal: the journey is left where it stands. */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  return Promise.race([work, aborted])
}

/**
 * Lets an interrupted chapter close its threads: a process that exits while ONNX Runtime computes in one of them aborts.
 * Bounded, because a chapter may wait for something that never comes.
 */
async function unwound(told: Promise<unknown> | undefined): Promise<void> {
  const ended = Promise.resolve(told).catch(() => undefined)
  const patience = new Promise(resolve => setTimeout(resolve, UNWIND_MS).unref())
  await Promise.race([ended, patience])
}

async function keepRunning(terminal: Terminal, url: string, signal: AbortSignal): Promise<void> {
  terminal.print(`\nthe chain is up at ${url} until Ctrl-C; in another terminal:`)
  terminal.print(`  DEMO_RPC_URL=${url} npx hardhat epoch:show --epoch 1 --network demo`)
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
}
