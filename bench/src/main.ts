import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Bench, BenchOptions } from './bench'
import { machine } from './machine'
import { formatTable, type Table } from './table'

const ROOT = path.join(__dirname, '../..')

interface Options extends BenchOptions {
  json: boolean
}

interface Result {
  bench: string
  claim: string
  seconds: number
  tables: readonly Table[]
}

async function main(argv: readonly string[]): Promise<void> {
  compileContracts()
  const { BENCHES } = await import('./benches.js')
  const program = commandLine(BENCHES).parse([...argv], { from: 'user' })
  const options = program.opts<Options>()
  if (program.args.length === 0) {
    print(BENCHES.map(({ name, claim }) => `${name.padEnd(11)} ${claim}`).join('\n'))
    print('\nnpm run bench <name...>, or "all"; options go behind --, see npm run bench -- --help')
    return
  }
  const chosen = BENCHES.filter(({ name }) => program.args.includes(name) || program.args.includes('all'))
  const where = machine()
  if (!options.json) print(where)
  const results: Result[] = []
  for (const bench of chosen) {
    const started = performance.now()
    const tables = await bench.run(options)
    const seconds = (performance.now() - started) / 1000
    if (tables.some(({ missed }) => missed?.length)) process.exitCode = 1
    results.push({ bench: bench.name, claim: bench.claim, seconds, tables })
    if (options.json) continue
    print(`\n# ${bench.name}: ${bench.claim}`)
    for (const table of tables) print(`\n${formatTable(table)}`)
    print(`\n  ${seconds.toFixed(0)} s`)
  }
  if (options.json) print(JSON.stringify({ machine: where, results }))
}

/** The contracts' typed factories are generated, so they are made before anything that imports them is loaded. */
function compileContracts(): void {
  const hardhat = require.resolve('hardhat/internal/cli/bootstrap')
  execFileSync(process.execPath, [hardhat, 'compile', '--quiet'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

function commandLine(benches: readonly Bench[]): Command {
  const names = [...benches.map(({ name }) => name), 'all']
  return new Command('npm run bench --')
    .description('One command per number that we claim; without a name, the list of them.')
    .argument('[names...]', names.join(', '), (name: string, previous: string[] = []) => {
      if (names.includes(name)) return [...previous, name]
      throw new InvalidArgumentError(`got ${name}, expected one of ${names.join(', ')}`)
    })
    .addOption(count('--leaves <n>', 'ledger-tree, api: accounts of the tree', 1_000_000))
    .addOption(whole('--minutes <n>', 'soak: how long', 10, 1, 24 * 60))
    .addOption(count('--contributors <n>', 'gas: registered contributors behind a post', 4096))
    .option('--check', 'gas: fail unless every figure is that of bench/gas.snapshot.json', false)
    .option('--bars', 'gas: fail when a figure misses its bar', false)
    .option('--update', 'gas: write bench/gas.snapshot.json', false)
    .option(
      '--quick',
      'medquad: one seed and a third of the text; ledger-tree: 100,000 accounts; no bars; soak: one minute',
      false,
    )
    .option('--json', 'print one JSON document', false)
    .showHelpAfterError()
}

function count(flags: string, description: string, byDefault: number): Option {
  return whole(flags, description, byDefault, 256, 2 ** 24)
}

function whole(flags: string, description: string, byDefault: number, least: number, most: number): Option {
  return new Option(flags, description).default(byDefault).argParser(text => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`got ${text}, expected a whole number from ${least} to ${most}`)
  })
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

void main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exitCode = 1
})
