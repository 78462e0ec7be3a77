import type { JobOptions } from '../../src/thread/protocol'

/** What a test thread shares with its test: 32-bit counters. */
export const TURNS = 0
export const CLOSED = 1
export const STOPPED = 2

export interface OddSetup {
  readonly counters: Int32Array
  readonly refuses?: boolean
}

export interface OddJobs {
  where(input: undefined, options: JobOptions): Promise<number>
  /** holds its thread until the counter of turns is at a number */
  hold(turns: number, options: JobOptions): Promise<string>
  count(steps: number, options: JobOptions): Promise<Map<string, bigint>>
  fail(how: 'oracle' | 'content' | 'other' | 'text', options: JobOptions): Promise<never>
  /** nothing but an abort ends it */
  wait(input: undefined, options: JobOptions): Promise<never>
  die(how: 'exit' | 'throw' | 'reject', options: JobOptions): Promise<never>
}
