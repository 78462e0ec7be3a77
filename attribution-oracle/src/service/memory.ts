import type { ServiceEvent } from '../domain'
import type { Finding } from '../pipeline'
import type { ServiceOptions } from './dependencies'
import type { Proposal } from './exchange'
import { Turns } from './turns'

/** What a service remembers from one cycle to the next; all of it can be found out again after a restart. */
export class Memory {
  readonly turns: Turns
  /** epochs that are final, ours or not */
  readonly finished = new Set<number>()
  /** by posting: what our computation says of it */
  readonly findings = new Map<string, Pick<Finding, 'agrees' | 'challenge' | 'demands' | 'withheld'>>()
  /** epoch -> the digest that our word was written for */
  readonly signed = new Map<number, string>()
  /** what was exchanged last */
  proposal: Proposal | undefined
  /** peer -> how it stands to that */
  readonly peerStates = new Map<string, string>()
  /** peer and digest -> where its post parts from ours */
  readonly peers = new Map<string, string>()
  /** what is done and never has to be looked at again */
  readonly done = new Set<string>()
  private readonly times = new Map<string, number>()
  private readonly told = new Map<string, string>()

  constructor(private readonly options: Pick<ServiceOptions, 'submissionDelayMs' | 'once' | 'observe'>) {
    this.turns = new Turns(options.once ? 0 : options.submissionDelayMs)
  }

  /** Whether so many milliseconds have passed since this was last true. */
  isTime(key: string, pauseMs: number): boolean {
    const now = performance.now()
    const last = this.times.get(key)
    if (last !== undefined && now - last < pauseMs) return false
    this.times.set(key, now)
    return true
  }

  /** Tells an event once, and again when it is another one. */
  tell(key: string, event: ServiceEvent): void {
    const text = JSON.stringify(event)
    if (this.told.get(key) === text) return
    this.told.set(key, text)
    this.options.observe(event)
  }
}
