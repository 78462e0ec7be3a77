import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { Compiler } from '../mutation/compiler'
import { copyOf, remove } from '../mutation/copy'
import { Installation } from '../mutation/installation'
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

/** What is part of other contracts and has no code of its own: the contracts to build anew. */
const PARTS: Record<string, string[]> = {
  'contracts/court/AppealFunding.sol': ['contracts/court/DisputeCourt.sol'],
  'contracts/libraries/CumulativeMerkle.sol': [
    'contracts/rewards/RewardVault.sol',
    'contracts/oracle/FraudProofs.sol',
    'contracts/oracle/SettlementProofs.sol',
    'contracts/oracle/PageDemands.sol',
  ],
  'contracts/oracle/PostedTrees.sol': [
    'contracts/oracle/FraudProofs.sol',
    'contracts/oracle/SettlementProofs.sol',
    'contracts/oracle/PageDemands.sol',
  ],
  'contracts/payments/RevenueSplit.sol': ['contracts/payments/InferencePayments.sol'],
  'contracts/registry/ContributionLog.sol': ['contracts/registry/DatanetRegistry.sol'],
  'contracts/registry/StakingRewards.sol': ['contracts/registry/DatanetStaking.sol'],
}

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
  const compiler = new Compiler(ROOT)
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
    const folder = copyOf(ROOT)
    const built = new Installation(folder)
    const passes = (title: string) => testsPass(folder, title, controller.signal)
    try {
      for (let next = queue.shift(); next !== undefined && !controller.signal.aborted; next = queue.shift()) {
        const [index, rule] = next
        const outcome = await outcomeOf(compiler, built, rule, passes)
        outcomes[index] = outcome
        const { row, test, file, code } = rule
        const line = compiler.sourceOf(file).split(code)[0]!.split('\n').length
        process.stdout.write(`${row} | ${test ?? 'all its tests'} | ${file}:${line} | ${outcome}\n`)
      }
    } finally {
      remove(folder)
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, rules.length) }, work))
  return outcomes
}

async function outcomeOf(
  compiler: Compiler,
  built: Installation,
  { row, test, file, code, replacement }: Rule,
  passes: (title: string) => Promise<boolean>,
): Promise<Outcome> {
  const parts = compiler.sourceOf(file).split(code)
  if (parts.length !== 2) return 'not there once'
  const changed = compiler.compile(PARTS[file] ?? [file], { file, content: parts.join(replacement) }, true)
  if (changed === undefined) return 'does not compile'
  built.install(changed)
  if (!(await passes(CONTROL))) return 'breaks an honest epoch'
  return (await passes(`${row}:.*${test ?? ''}`)) ? 'PASSES' : 'fails'
}

function testsPass(folder: string, title: string, signal: AbortSignal): Promise<boolean> {
  const hardhat = join('node_modules', '.bin', 'hardhat')
  const child = spawn(hardhat, ['test', '--no-compile', '--bail', TESTS, '--grep', title], {
    cwd: folder,
    stdio: 'ignore',
    signal,
    env: { ...process.env, MUTATION: '1' },
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => resolve(code === 0))
  })
}

// The test runner loads every file below test/.
if (require.main === module) void main()
