import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { solc } from '../solc'

interface Message {
  errorCode?: string
  severity: string
  formattedMessage: string
  message: string
}

const FILE = 'AccountingCore.sol'
const QUERY_LIMIT_MS = 60_000
const USAGE = `Proves with solc's model checker (CHC) and z3, over call sequences of any length, that paid <= released <= funded
and that nothing overflows in the accounting core, and that a planted bug is found.

  npm run prove

Needs the program z3 (Debian: apt-get install z3).
`

/** The verdict on one contract: what was proven, and what was not or is wrong. */
interface Verdict {
  proven: number
  broken: string[]
  open: string[]
}

function main(): number {
  if (process.argv.includes('--help')) {
    process.stdout.write(USAGE)
    return 0
  }
  if (spawnSync('z3', ['--version']).error !== undefined) {
    process.stderr.write('The program z3 is not installed: apt-get install z3\n')
    return 2
  }
  const core = check('AccountingCore', ['assert', 'overflow', 'underflow'])
  const planted = check('PlantedBug', ['assert'])
  const holds = core.broken.length === 0 && core.open.length === 0 && core.proven > 0
  process.stdout.write(
    `AccountingCore: ${core.proven} conditions proven, ${core.broken.length} broken, ${core.open.length} undecided\n` +
      [...core.broken, ...core.open].map(text => `${text}\n`).join('') +
      `PlantedBug: ${planted.broken.length} broken, as it must be at least 1\n`,
  )
  return holds && planted.broken.length > 0 ? 0 : 1
}

function check(contract: string, targets: string[]): Verdict {
  const content = readFileSync(join(__dirname, FILE), 'utf8')
  const input = {
    language: 'Solidity',
    sources: { [FILE]: { content } },
    settings: {
      outputSelection: {},
      modelChecker: {
        contracts: { [FILE]: [contract] },
        engine: 'chc',
        targets,
        solvers: ['smtlib2'],
        showProvedSafe: true,
        showUnproved: true,
        timeout: QUERY_LIMIT_MS,
      },
    },
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input), { smtSolver: solve })) as {
    errors?: Message[]
  }
  const messages = output.errors ?? []
  const of = (pattern: RegExp) => messages.filter(({ message }) => pattern.test(message))
  const faults = messages.filter(({ severity }) => severity === 'error')
  return {
    proven: of(/check is safe/).length + summed(of(/verification condition\(s\) proved safe/)),
    broken: of(/CHC: .*happens here/).map(({ formattedMessage }) => formattedMessage),
    open: [...of(/CHC: .*might happen|could not be proved/), ...faults].map(
      ({ formattedMessage }) => formattedMessage,
    ),
  }
}

function summed(messages: readonly Message[]): number {
  return messages.reduce((sum, { message }) => sum + Number(/(\d+) verification/.exec(message)?.[1] ?? 0), 0)
}

function solve(query: string): { contents: string } {
  const { stdout } = spawnSync('z3', ['-smt2', '-in', `-t:${QUERY_LIMIT_MS}`], {
    input: query,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  return { contents: stdout }
}

// The test runner loads every file below test/.
if (require.main === module) process.exitCode = main()
