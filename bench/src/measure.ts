/** Median with the extremes: on a shared machine a single figure says little. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

export type Work = () => unknown

/** Milliseconds that one call takes, whether it returns a promise or not. */
export async function timed(work: Work): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

const WARM_UPS = 3

/**
 * Milliseconds of each work in each round. The works take turns within a round, so that what else the machine does
 * hits them alike, and ratios are taken round by round.
 */
export async function takeTurns<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, Work>>,
): Promise<Record<Name, number[]>> {
  const entries = Object.entries<Work>(works) as [Name, Work][]
  for (let i = 0; i < WARM_UPS; i++) for (const [, work] of entries) await work()
  const times = Object.fromEntries(entries.map(([name]) => [name, []])) as unknown as Record<Name, number[]>
  for (let i = 0; i < rounds; i++) for (const [name, work] of entries) times[name].push(await timed(work))
  return times
}

/** The spread of `over[i] / under[i]`. */
export function pairedRatio(over: readonly number[], under: readonly number[]): Spread {
  return spreadOf(over.map((time, round) => time / under[round]!))
}

export function percent({ median, min, max }: Spread): string {
  const whole = (share: number): string => (100 * share).toFixed(0)
  return `${whole(median)} % (${whole(min)}-${whole(max)})`
}

export function times({ median, min, max }: Spread): string {
  const short = (ratio: number): string => ratio.toFixed(ratio < 10 ? 2 : 0)
  return `${short(median)}x (${short(min)}-${short(max)})`
}
