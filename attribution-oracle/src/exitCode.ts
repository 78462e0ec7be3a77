import { ContentStoreError } from '@open-datanets/content-store'
import { AttributionOracleError, type FaultCode } from './errors'

/** What the process says when it ends; scripts rely on these numbers. */
export const EXIT = {
  done: 0,
  unexpected: 1,
  caller: 2,
  differs: 3,
  notYet: 4,
  unreachable: 5,
  broken: 6,
  stopped: 130,
} as const

/** The same in words; docs/oracle.md shows them. */
export const EXIT_MEANING: Record<keyof typeof EXIT, string> = {
  done: 'Done; or a post agrees with ours; or `run`, `serve` and `worker` were stopped by a signal and ended in order.',
  unexpected: 'A failure that nobody foresaw: a bug.',
  caller: 'The configuration or an argument is wrong. Nothing was done.',
  differs: 'A post differs from what we compute.',
  notYet: 'It is not the time for this step. Try again later.',
  unreachable: 'Chain, database, content or disk cannot be reached. Try again later.',
  broken: 'Broken invariant, corrupt data, or a chain that changed below finality. A person has to look.',
  stopped: 'Stopped by a signal before it was done. Run it again: it goes on where it was.',
}

const OF_FAULT: Record<FaultCode, number> = {
  INVALID_CONFIG: EXIT.caller,
  INVALID_ARGUMENT: EXIT.caller,
  INVALID_DOCUMENT: EXIT.broken,
  CONTENT_CORRUPT: EXIT.broken,
  INVARIANT_BROKEN: EXIT.broken,
  WRONG_CHAIN: EXIT.caller,
  RPC_FAILED: EXIT.unreachable,
  REORG_BELOW_FINALITY: EXIT.broken,
  CALL_REVERTED: EXIT.notYet,
  STALE_ACTION: EXIT.notYet,
  WRONG_STATE: EXIT.notYet,
  INDEX_CORRUPT: EXIT.broken,
  INDEX_UNREADABLE: EXIT.unreachable,
  TREE_CORRUPT: EXIT.broken,
  TREE_UNREADABLE: EXIT.unreachable,
  DISK_FAILED: EXIT.unreachable,
  SCORING_FAILED: EXIT.broken,
  INVALID_JOB: EXIT.caller,
  STORE_CORRUPT: EXIT.broken,
  STORE_MISMATCH: EXIT.caller,
  STORE_UNREACHABLE: EXIT.unreachable,
  STORE_LOCKED: EXIT.notYet,
  PEER_FAILED: EXIT.unreachable,
  SNAPSHOT_INVALID: EXIT.broken,
  REBUILD_DIFFERS: EXIT.differs,
  KEY_INVALID: EXIT.caller,
  KEY_UNSAFE: EXIT.caller,
  SIGNER_FAILED: EXIT.unreachable,
  SIGNER_LIED: EXIT.broken,
  FEE_TOO_HIGH: EXIT.notYet,
  BALANCE_TOO_LOW: EXIT.notYet,
  WORK_WITHDRAWN: EXIT.notYet,
  WORKER_REFUSED: EXIT.broken,
  SHARD_POISONED: EXIT.broken,
  THREAD_DIED: EXIT.unexpected,
  NOT_READY: EXIT.notYet,
  ABORTED: EXIT.stopped,
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof AttributionOracleError) return OF_FAULT[error.code as FaultCode]
  if (error instanceof ContentStoreError) return ofContentStore(error)
  return EXIT.unexpected
}

function ofContentStore({ code, retryable }: ContentStoreError): number {
  if (code === 'CONTENT_MISSING' || retryable) return EXIT.unreachable
  return code === 'CONTENT_REFUSED' || code === 'NOT_A_STORE' || code === 'NOT_WRITABLE'
    ? EXIT.caller
    : EXIT.broken
}
