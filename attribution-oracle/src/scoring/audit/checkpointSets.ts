import type { Fit } from './modelFacts'

/** Checkpoints by run, each run in the order of its training. */
export type Runs = readonly (readonly number[])[]

export interface CheckpointSet {
  readonly name: 'all' | 'final' | 'early' | 'late' | 'unsaturated'
  readonly checkpoints: readonly number[]
}

/** The sets that evidence chooses from; one of each content. */
export function checkpointSets(runs: Runs): readonly CheckpointSet[] {
  const sets: CheckpointSet[] = [
    { name: 'all', checkpoints: runs.flat() },
    { name: 'final', checkpoints: runs.flatMap(run => run.slice(-1)) },
    { name: 'early', checkpoints: runs.flatMap(run => run.slice(0, Math.ceil(run.length / 2))) },
    { name: 'late', checkpoints: runs.flatMap(run => run.slice(Math.floor(run.length / 2))) },
  ]
  const seen = new Set<string>()
  return sets.filter(({ checkpoints }) => {
    const content = checkpoints.join()
    return !seen.has(content) && seen.add(content) !== undefined
  })
}

/** At most `most` checkpoints that stand for all: both ends and the middles of the runs in turn. */
export function explored(runs: Runs, most: number): number[] {
  const picked: number[] = []
  const places = [1, 0, 0.5, 0.25, 0.75]
  for (const place of places) {
    for (const run of runs) {
      const checkpoint = run[Math.round(place * (run.length - 1))]
      if (checkpoint !== undefined && picked.length < most && !picked.includes(checkpoint))
        picked.push(checkpoint)
      if (runs.length >= most && picked.length >= most - 2 && place === 1) break
    }
  }
  return picked
}

/** Evenly spaced over the list, both ends included. */
export function thinned(checkpoints: readonly number[], most: number): readonly number[] {
  if (checkpoints.length <= most) return checkpoints
  if (most <= 1) return checkpoints.slice(-1)
  const step = (checkpoints.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, index) => checkpoints[Math.round(index * step)]!)
}

/**
 * Mean p(1-p) on training samples at which leaving a contributor out is predicted best: earlier checkpoints, whose
 * gradients are largest, still ask what the easy samples teach; later ones have too little doubt left to be weighed by.
 */
export const UNSATURATED = { low: 0.035, high: 0.06 } as const

/**
 * For value: of every run the checkpoints whose mean p(1-p) on the training samples lies in the band, else the one that
 * is nearest to it. Without p (regression, sequences) all of them.
 */
export function unsaturated(runs: Runs, fits: ReadonlyMap<number, Fit>): readonly number[] {
  const doubt = (checkpoint: number): number | undefined => fits.get(checkpoint)?.doubt
  if (runs.flat().some(checkpoint => doubt(checkpoint) === undefined)) return runs.flat()
  const apart = (checkpoint: number): number => {
    const log = Math.log(Math.max(1e-12, doubt(checkpoint)!))
    return Math.max(0, Math.log(UNSATURATED.low) - log, log - Math.log(UNSATURATED.high))
  }
  return runs.flatMap(run => {
    const least = Math.min(...run.map(apart))
    return run.filter(checkpoint => apart(checkpoint) === least)
  })
}
