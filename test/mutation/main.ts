import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Compiler } from './compiler'
import { Worker } from './crew'
import { mutantsOf, type Mutant } from './mutants'
import { targets } from './targets'
import type { Answer } from './worker'

interface Verdict extends Answer {
  mutant: Mutant
}

/** A survivor that was looked at: why no test can, or need, tell it from the original. */
interface Reasoned {
  file: string
  inside: string
  /** the source that the mutant is in, in whole lines, and what the mutant makes of it */
  code: string
  becomes: string
  reason: string
}

const ROOT = join(__dirname, '..', '..')
const SURVIVORS = join(__dirname, 'survivors.json')
const BAR = 90

const USAGE = `Changes one thing at a time in the contracts that hold the money and runs their tests: a test must fail.

  npm run mutation [-- options]

  --file TEXT     only files whose path contains TEXT
  --line N        only mutants of line N
  --every N       only every Nth mutant (default 1: all)
  --jobs N        tests at a time (default: the cores)
  --json PATH     writes every verdict there
  --again PATH    only those that survived according to such a file

Ends with 1 when fewer than ${BAR} % are killed, or when a survivor has no reason in test/mutation/survivors.json.
Ends with 2 when a test fails without a mutant. Needs a build (npm run compile).
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      file: { type: 'string', default: '' },
      line: { type: 'string' },
      every: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'string' },
      again: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(USAGE)
  const compiler = new Compiler(ROOT)
  const files = targets(ROOT).filter(file => file.includes(values.file))
  const survivors = values.again === undefined ? undefined : survivorsIn(values.again)
  const mutants = files
    .flatMap(file => mutantsOf(file, compiler.sourceOf(file), compiler.astOf(file)))
    .filter(({ line }) => values.line === undefined || line === Number(values.line))
    .filter(mutant => survivors === undefined || survivors.has(JSON.stringify(mutant)))
    .filter((_, i) => i % Number(values.every) === 0)
  process.stdout.write(`${mutants.length} mutants of ${files.length} files\n`)
  const start = performance.now()
  const verdicts = await judge([...new Set(mutants.map(({ file }) => file))], mutants, Number(values.jobs))
  if (verdicts === undefined) return void (process.exitCode = 2)
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(verdicts, null, 2))
  process.exitCode = report(compiler, files, verdicts)
  const minutes = (performance.now() - start) / 60_000
  process.stdout.write(`${minutes.toFixed(1)} minutes, ${values.jobs} at a time\n`)
}

function survivorsIn(path: string): Set<string> {
  const verdicts = JSON.parse(readFileSync(path, 'utf8')) as Verdict[]
  return new Set(
    verdicts.filter(({ outcome }) => outcome === 'survived').map(({ mutant }) => JSON.stringify(mutant)),
  )
}

/** The verdict on each mutant, or undefined when a test fails without one: then there is nothing to measure. */
async function judge(
  files: readonly string[],
  mutants: readonly Mutant[],
  jobs: number,
): Promise<Verdict[] | undefined> {
  const workers = Array.from({ length: jobs }, () => new Worker(ROOT))
  const close = () => workers.forEach(worker => worker.close())
  process.once('SIGINT', () => {
    close()
    process.exit(130)
  })
  try {
    let isGreen = true
    await share(workers, files, async (worker, file) => {
      const { outcome, by } = await worker.ask({ file })
      if (outcome !== 'killed' && outcome !== 'stillborn') return
      process.stderr.write(`${file}: ${by ?? 'does not compile'} without a mutant\n`)
      isGreen = false
    })
    if (!isGreen) return undefined
    const verdicts: Verdict[] = []
    let done = 0
    await share(workers, mutants, async (worker, mutant, index) => {
      verdicts[index] = { mutant, ...(await worker.ask({ file: mutant.file, mutant })) }
      if (++done % 100 === 0) process.stderr.write(`${done} of ${mutants.length}\n`)
    })
    return verdicts
  } finally {
    close()
  }
}

/** Each item once, by whoever is free. */
async function share<T>(
  workers: readonly Worker[],
  items: readonly T[],
  work: (worker: Worker, item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = [...items.entries()]
  await Promise.all(
    workers.map(async worker => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        await work(worker, next[1], next[0])
      }
    }),
  )
}

function report(compiler: Compiler, files: readonly string[], verdicts: readonly Verdict[]): number {
  const reasons = JSON.parse(readFileSync(SURVIVORS, 'utf8')) as Reasoned[]
  const unexplained: string[] = []
  for (const file of files) {
    const own = verdicts.filter(({ mutant }) => mutant.file === file)
    if (own.length === 0) continue
    process.stdout.write(`${file}: ${scoreOf(own)}\n`)
    for (const { mutant, outcome } of own) {
      if (outcome !== 'survived') continue
      const { code, becomes } = inWholeLines(compiler.sourceOf(file), mutant)
      const known = reasons.find(
        entry =>
          entry.file === file &&
          entry.inside === mutant.inside &&
          entry.code === code &&
          entry.becomes === becomes,
      )
      const text = `  ${mutant.line}: ${code}\n   -> ${becomes}\n`
      if (known === undefined) unexplained.push(`${file}\n${text}`)
      else process.stdout.write(`${text}      ${known.reason}\n`)
    }
  }
  const { killed, living, score } = tally(verdicts)
  if (unexplained.length > 0) process.stdout.write(`\nSurvived without a reason:\n${unexplained.join('')}`)
  process.stdout.write(
    `\n${scoreOf(verdicts)} (bar ${BAR} %), ` +
      `${living - killed} survived, ${unexplained.length} of them without a reason\n`,
  )
  return score >= BAR && unexplained.length === 0 ? 0 : 1
}

/** Those that do not compile, or that the compiler makes the same code of, are not counted. */
function tally(verdicts: readonly Verdict[]): { killed: number; living: number; score: number } {
  const count = (outcome: Answer['outcome']) => verdicts.filter(verdict => verdict.outcome === outcome).length
  const killed = count('killed')
  const living = killed + count('survived')
  return { killed, living, score: living === 0 ? 100 : (100 * killed) / living }
}

function scoreOf(verdicts: readonly Verdict[]): string {
  const { killed, living, score } = tally(verdicts)
  return `${killed} of ${living} killed, ${score.toFixed(1)} %`
}

function inWholeLines(source: string, mutant: Mutant): { code: string; becomes: string } {
  const bytes = Buffer.from(source)
  const end = mutant.start + mutant.length
  const from = bytes.lastIndexOf('\n', mutant.start - 1) + 1
  const to = bytes.indexOf('\n', end)
  const text = (start: number, stop: number) => bytes.subarray(start, stop).toString()
  const one = (lines: string) => lines.trim().replace(/\s+/g, ' ')
  return {
    code: one(text(from, to)),
    becomes: one(text(from, mutant.start) + mutant.replacement + text(end, to)),
  }
}

// The test runner loads every file below test/.
if (require.main === module) void main()
