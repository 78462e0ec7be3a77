/**
 * Who goes when, without talking: everybody starts a clock when something becomes possible, and the one at place p waits
 * for p delays. The chain is read again before anything is sent, so that the others find it done.
 */
export class Turns {
  private readonly since = new Map<string, number>()

  constructor(
    private readonly delayMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether it is our turn; the first question about a key starts its clock. */
  mine(key: string, place: number): boolean {
    const now = this.now()
    const since = this.since.get(key) ?? now
    this.since.set(key, since)
    return now - since >= place * this.delayMs
  }
}

/** The seats take turns by epoch, so that nobody pays for all posts; whoever has no seat comes after all of them. */
export function placeOf(members: readonly string[], address: string | undefined, epoch: number): number {
  const seat = address === undefined ? -1 : members.indexOf(address)
  if (seat < 0) return members.length
  return (((seat - epoch) % members.length) + members.length) % members.length
}
