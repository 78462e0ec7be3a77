import { spreadOf, timed, type Spread } from '../measure'

const ENTRIES = 1 << 23
const READS = 4_000_000
const ROUNDS = 5

/**
 * Millions of reads a second at random places of 32 MiB, one thread: what sorting suffixes mostly does. It tells how
 * much of the machine was there for the figures beside it.
 */
export async function randomReads(): Promise<Spread> {
  const places = Int32Array.from({ length: ENTRIES }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 9)
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    let sum = 0
    const milliseconds = await timed(() => {
      for (let i = 0; i < READS; i++) sum += places[places[(i + sum) & (ENTRIES - 1)]!]!
    })
    rounds.push(sum >= 0 ? READS / milliseconds / 1e3 : 0)
  }
  return spreadOf(rounds)
}
