import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Row, Table } from '../table'
import { bar, type Bar } from './bar'
import type { Scored } from './scoreOnce'
import { writeSyntheticJob } from './syntheticJob'

const SIZES = [1_000, 10_000, 100_000]
const MOST_BYTES = 2e9
/** Ten times the samples may cost this much more time: 10, and what a shared machine adds. */
const MOST_GROWTH = 13

const run = promisify(execFile)

/** Whole jobs over growing numbers of samples: from files to files, features on disk, each in a process of its own. */
export async function growth(folder: string): Promise<{ table: Table; bars: Bar[] }> {
  const rows: Row[] = []
  const cold: Scored[] = []
  const warm: Scored[] = []
  for (const samples of SIZES) {
    const place = join(folder, String(samples))
    const job = await writeSyntheticJob(place, samples)
    const first = await scored(job, join(place, 'scores.npy'))
    const again = await scored(job, join(place, 'scores.npy'))
    rows.push(rowOf(samples, 'new', first, cold.at(-1)), rowOf(samples, 'stored', again, warm.at(-1)))
    cold.push(first)
    warm.push(again)
  }
  const [, ten, hundred] = cold
  const bars = [
    bar('peak memory at 100,000 samples, GB', hundred!.bytes / 1e9, MOST_BYTES / 1e9),
    bar('time of 100,000 new samples over that of 10,000', hundred!.seconds / ten!.seconds, MOST_GROWTH),
    bar(
      'features that are computed again',
      warm.reduce((sum, { computed }) => sum + computed, 0),
      0,
    ),
  ]
  const title = 'Value of every sample by LoGra over stored features, one checkpoint, 200 queries, one thread'
  const notes = ['"new": all features are computed; "stored": the same job again, none is.']
  return { table: { title, rows, notes }, bars }
}

async function scored(job: string, out: string): Promise<Scored> {
  const { stdout } = await run(process.execPath, [
    '--require',
    'tsx/cjs',
    join(__dirname, 'scoreOnce.ts'),
    job,
    out,
  ])
  return JSON.parse(stdout) as Scored
}

function rowOf(
  samples: number,
  features: string,
  { seconds, bytes, bytesBefore }: Scored,
  last: Scored | undefined,
): Row {
  return {
    samples,
    features,
    seconds,
    'us/sample': (1e6 * seconds) / samples,
    ...(last && { 'time, x': seconds / last.seconds }),
    'peak MB': bytes / 1e6,
    'of it Node MB': bytesBefore / 1e6,
  }
}
