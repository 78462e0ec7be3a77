import type { Command } from 'commander'
import { exitCodeOf, EXIT } from '../exitCode'
import { isEngineFault, scoreJobSchema } from '../job'
import { scoreJob, type ScoreJobResult } from '../pipeline'
import { createPrinter } from '../printer'
import { createProgressLine } from '../progressLine'
import { wrongArgument } from './arguments'

export interface ScoreFlags {
  job?: string
  out?: string
  workers?: string
  json?: boolean
  schema?: boolean
}

/** `score`, for rows of any ONNX model; it reads no configuration and asks no chain. */
export function addScoreCommand(program: Command): void {
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
}

/** `attribution-oracle score`: files in, files out, no configuration and no chain. @returns the exit code */
export async function scoreCommand(flags: ScoreFlags): Promise<number> {
  const printer = createPrinter(process.stdout, process.stderr, flags.json === true)
  if (flags.schema) {
    process.stdout.write(`${JSON.stringify(scoreJobSchema(), null, 2)}\n`)
    return EXIT.done
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const clock = (): number => performance.now()
  const progress = createProgressLine(process.stderr, { json: flags.json === true, clock })
  const started = clock()
  try {
    const workers = flags.workers === undefined ? undefined : Number(flags.workers)
    const isCount = workers === undefined || (Number.isInteger(workers) && workers > 0)
    if (flags.job === undefined || flags.out === undefined || !isCount) {
      const given = flags.job === undefined ? 'job' : flags.out === undefined ? 'out' : 'workers'
      const expected = given === 'workers' ? 'a number of threads, 1 or more' : `--${given} <file>`
      throw wrongArgument(given, flags[given] ?? 'nothing', expected, 'see docs/score-job.md, or --schema')
    }
    const result = await scoreJob(flags.job, {
      out: flags.out,
      ...(workers !== undefined && { workers }),
      signal: stop.signal,
      onProgress: progress.show,
    })
    progress.end()
    printer.result(summaryOf(result, (clock() - started) / 1000))
    return EXIT.done
  } catch (error) {
    progress.end()
    if (stop.signal.aborted) {
      process.stderr.write('stopped; nothing was written\n')
      return EXIT.stopped
    }
    printer.failure(error)
    // What is left of the engine's faults is about files that it could not read or write.
    return isEngineFault(error) ? EXIT.caller : exitCodeOf(error)
  }
}

function summaryOf(result: ScoreJobResult, seconds: number): Record<string, unknown> {
  const { choice, features, notes } = result
  return {
    method: choice.method,
    why: choice.why,
    ...choice.summary,
    samples: result.samples,
    queries: result.queries,
    checkpoints: result.checkpoints,
    ...(features && { features: `${features.computed} computed, ${features.known} stored already` }),
    ...(notes.length > 0 && { notes }),
    seconds: Number(seconds.toFixed(2)),
    files: result.files,
    receipt: result.receipt,
  }
}
