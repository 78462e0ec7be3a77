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
  --line N        only mutants of line N
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
      line: { type: 'string' },
      every: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(USAGE)
  const compiler = new Compiler(ROOT)
  const files = targets(ROOT).filter(file => file.includes(values.file))
  const mutants = files
    .flatMap(file => mutantsOf(file, compiler.sourceOf(file), compiler.astOf(file)))
    .filter(({ line }) => values.line === undefined || line === Number(values.line))
    .filter((_, i) => i % Number(values.every) === 0)
  process.stdout.write(`${mutants.length} mutants of ${files.length} files\n`)
  const start = performance.now()
  const verdicts = await judge(files, mutants, Number(values.jobs))
  if (verdicts === undefined) return void (process.exitCode = 2)
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(verdicts, null, 2))
  process.exitCode = report(compiler, files, verdicts)
  const minutes = (performance.now() - start) / 60_000
  process.stdout.write(`${minutes.toFixed(1)} minutes, ${values.jobs} at a time\n`)
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
    await share(workers, mutants, async (worker, mutant, index) => {
      verdicts[index] = { mutant, ...(await worker.ask({ file: mutant.file, mutant })) }
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
  const living = verdicts.filter(({ outcome }) => outcome === 'killed' || outcome === 'survived')
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

void main()
