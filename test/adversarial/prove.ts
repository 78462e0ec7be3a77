import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { Compiler } from '../mutation/compiler'
import { Workshop } from '../mutation/workshop'
import { RULES, type Rule } from './rules'

const ROOT = join(__dirname, '..', '..')
const TESTS = 'test/adversarial/failures.test.ts'
const CONTROL = 'control: an honest epoch'

const USAGE = `Takes the rules against known failures out of the contracts, one at a time: the test of each must then fail.

  npm run prove:rules [-- options]

  --row TEXT      only rows whose name contains TEXT
  --jobs N        tests at a time (default: the cores)

Without each rule an honest epoch must still be posted, made final and paid: what fails is the defence, not the system.
Ends with 1 when a test passes without its rule. Needs a build (npm run compile).
`

type Outcome = 'fails' | 'PASSES' | 'does not compile' | 'not there once' | 'breaks an honest epoch'

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      row: { type: 'string', default: '' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(USAGE)
  const rules = RULES.filter(({ row }) => row.includes(values.row))
  const compiler = Compiler.ofProject(ROOT)
  const outcomes = await outcomesOf(compiler, rules, Number(values.jobs))
  const failing = outcomes.filter(outcome => outcome === 'fails').length
  process.stdout.write(`\n${failing} of ${rules.length} rules: the test fails without the rule\n`)
  process.exitCode = failing === rules.length ? 0 : 1
}

async function outcomesOf(compiler: Compiler, rules: readonly Rule[], jobs: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const queue = [...rules.entries()]
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  async function work(): Promise<void> {
    const workshop = new Workshop(ROOT)
    try {
      for (let next = queue.shift(); next !== undefined && !controller.signal.aborted; next = queue.shift()) {
        const [index, rule] = next
        const outcome = await outcomeOf(compiler, workshop, rule, controller.signal)
        outcomes[index] = outcome
        const { row, test, file, code } = rule
        const line = compiler.sourceOf(file).split(code)[0]!.split('\n').length
        process.stdout.write(`${row} | ${test ?? 'all its tests'} | ${file}:${line} | ${outcome}\n`)
      }
    } finally {
      workshop.close()
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, rules.length) }, work))
  return outcomes
}

async function outcomeOf(
  compiler: Compiler,
  workshop: Workshop,
  { row, test, file, code, replacement }: Rule,
  signal: AbortSignal,
): Promise<Outcome> {
  const parts = compiler.sourceOf(file).split(code)
  if (parts.length !== 2) return 'not there once'
  const changed = compiler.compile(file, parts.join(replacement))
  if (changed === undefined) return 'does not compile'
  workshop.install(changed)
  const passes = (title: string) => workshop.passes([TESTS, '--grep', title], signal)
  if (!(await passes(CONTROL))) return 'breaks an honest epoch'
  return (await passes(`${row}:.*${test ?? ''}`)) ? 'PASSES' : 'fails'
}

// The test runner loads every file below test/.
if (require.main === module) void main()
