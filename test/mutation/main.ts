import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Compiler } from './compiler'
import { applied, mutantsOf, type Mutant } from './mutants'
import { testsOf, TARGETS } from './targets'
import { Workshop } from './workshop'

interface Verdict {
  mutant: Mutant
  outcome: 'killed' | 'survived' | 'stillborn'
}

/** A survivor that was looked at: why no test can, or need, tell it from the original. */
interface Reasoned {
  file: string
  /** the line of the source, trimmed */
  code: string
  original: string
  replacement: string
  reason: string
}

const ROOT = join(__dirname, '..', '..')
const SURVIVORS = join(__dirname, 'survivors.json')
const BAR = 90

const USAGE = `Changes one thing at a time in the contracts that hold the money and runs their tests: a test must fail.

  npm run mutation [-- options]

  --file TEXT     only files whose path contains TEXT
  --every N       only every Nth mutant (default 1: all)
  --jobs N        tests at a time (default: the cores)
  --json PATH     writes every verdict there

Ends with 1 when fewer than ${BAR} % are killed, or when a survivor has no reason in test/mutation/survivors.json.
Needs a build (npm run compile).
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      file: { type: 'string', default: '' },
      every: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(USAGE)
  const compiler = Compiler.ofProject(ROOT)
  const files = [...compiler.asts.keys()].filter(
    file => TARGETS.some(folder => file.startsWith(folder)) && file.includes(values.file),
  )
  const all = files.flatMap(file => mutantsOf(file, compiler.sourceOf(file), compiler.asts.get(file)!))
  const mutants = all.filter((_, i) => i % Number(values.every) === 0)
  process.stdout.write(`${mutants.length} mutants of ${files.length} files\n`)
  await expectGreen(files)
  const verdicts = await judge(compiler, mutants, Number(values.jobs))
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(verdicts, null, 2))
  process.exitCode = report(compiler, files, verdicts)
}

/** A mutant counts as killed when a test fails, so every test has to pass without one. */
async function expectGreen(files: readonly string[]): Promise<void> {
  const tests = [...new Set(files.flatMap(testsOf))]
  const untested = files.filter(file => testsOf(file).length === 0)
  const workshop = new Workshop(ROOT)
  try {
    if (untested.length === 0 && (await workshop.passes(tests, new AbortController().signal))) return
  } finally {
    workshop.close()
  }
  const why = untested.length > 0 ? `${untested.join(', ')} has no tests` : 'a test fails without a mutant'
  process.stderr.write(`Nothing to measure: ${why}\n`)
  process.exit(2)
}

async function judge(compiler: Compiler, mutants: readonly Mutant[], jobs: number): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const queue = [...mutants.entries()]
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  async function work(): Promise<void> {
    const workshop = new Workshop(ROOT)
    try {
      for (let next = queue.shift(); next !== undefined && !controller.signal.aborted; next = queue.shift()) {
        const [index, mutant] = next
        verdicts[index] = { mutant, outcome: await outcomeOf(compiler, workshop, mutant, controller.signal) }
      }
    } finally {
      workshop.close()
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return verdicts.filter(verdict => verdict !== undefined)
}

async function outcomeOf(
  compiler: Compiler,
  workshop: Workshop,
  mutant: Mutant,
  signal: AbortSignal,
): Promise<Verdict['outcome']> {
  const code = compiler.compile(mutant.file, applied(compiler.sourceOf(mutant.file), mutant))
  if (code === undefined) return 'stillborn'
  workshop.install(code)
  return (await workshop.passes(testsOf(mutant.file), signal)) ? 'survived' : 'killed'
}

function report(compiler: Compiler, files: readonly string[], verdicts: readonly Verdict[]): number {
  const reasons = JSON.parse(readFileSync(SURVIVORS, 'utf8')) as Reasoned[]
  const living = verdicts.filter(({ outcome }) => outcome !== 'stillborn')
  let unexplained = 0
  for (const file of files) {
    const own = living.filter(({ mutant }) => mutant.file === file)
    const survivors = own.filter(({ outcome }) => outcome === 'survived')
    process.stdout.write(`${file}: ${own.length - survivors.length} of ${own.length} killed\n`)
    for (const { mutant } of survivors) {
      const code = compiler.sourceOf(file).split('\n')[mutant.line - 1]!.trim()
      const known = reasons.find(
        entry =>
          entry.file === file &&
          entry.code === code &&
          entry.original === mutant.original &&
          entry.replacement === mutant.replacement,
      )
      if (known === undefined) unexplained += 1
      const change = `${oneLine(mutant.original)}  =>  ${oneLine(mutant.replacement) || '(nothing)'}`
      process.stdout.write(
        `  ${mutant.line}: ${change}\n    ${known?.reason ?? 'SURVIVED without a reason'}\n`,
      )
    }
  }
  const killed = living.filter(({ outcome }) => outcome === 'killed').length
  const score = living.length === 0 ? 0 : (100 * killed) / living.length
  process.stdout.write(
    `\n${killed} of ${living.length} killed: ${score.toFixed(1)} % (bar ${BAR} %), ` +
      `${living.length - killed} survived, ${unexplained} of them without a reason\n`,
  )
  return score >= BAR && unexplained === 0 ? 0 : 1
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 100)
}

// The test runner loads every file below test/.
if (require.main === module) void main()
