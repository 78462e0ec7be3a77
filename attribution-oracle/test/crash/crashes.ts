import fc from 'fast-check'
import type { Crash, Moment } from './killAtWrite'

/**
 * With CRASH_MATRIX=all (`npm run test:crash`) every write is tried at every moment, for an hour or so; otherwise every
 * end of a stage, all that is sent, and a fixed sample of the others.
 */
export const ALL = process.env['CRASH_MATRIX'] === 'all'
const MOMENTS: readonly Moment[] = ['before', 'during', 'after']
const SEED = 5

export interface Named extends Crash {
  name: string
}

export function everyWrite(writes: readonly string[], moments = MOMENTS): Named[] {
  return writes.flatMap((write, i) =>
    moments.map(moment => ({ at: i + 1, moment, name: `${moment} write ${i + 1}, ${write}` })),
  )
}

export function sampleOf<T>(items: readonly T[], size: number): T[] {
  const length = Math.min(size, items.length)
  const some = fc.shuffledSubarray([...items], { minLength: length, maxLength: length })
  return fc.sample(some, { seed: SEED, numRuns: 1 })[0]!
}
