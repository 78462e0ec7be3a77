import type { BlockRef } from './chainTypes'
import type { Digest } from './content'

/** An event as a finalized block has it. */
export interface LogRecord {
  blockNumber: number
  logIndex: number
  /** lower case */
  address: string
  topics: readonly string[]
  data: string
  blockHash: Digest
  transactionHash: Digest
}

/** The events of finalized blocks, read once and kept: only ever appended to. */
export interface LogStore {
  /**
   * Says whose events these are: the first subject is kept with them.
   * @throws STORE_MISMATCH when they are those of another one
   */
  bind(subject: Digest): Promise<void>
  /** whose events these are; undefined before that was said */
  subject(): Promise<Digest | undefined>
  /** the last block up to and including which everything is stored; undefined before the first */
  cursor(): Promise<BlockRef | undefined>
  /**
   * Stores the events of the blocks after the cursor up to `upTo` and moves the cursor, in one transaction.
   * @throws STORE_MISMATCH (cursor) when the cursor is no longer `after`: another process was here
   */
  append(after: BlockRef | undefined, logs: readonly LogRecord[], upTo: BlockRef): Promise<void>
  /** In the order of the chain; blocks `from` to `to`, both included. */
  read(from: number, to: number): AsyncIterable<readonly LogRecord[]>
}
