import { ContentStoreError } from '@open-datanets/content-store'

/**
 * Every fault of the oracle, with the data that a program needs to act on it. `caller` faults are answered by changing
 * the input, `world` faults by trying again later, `broken` ones are a bug or tampering: nothing may go on after them.
 */
export interface FaultData {
  /** A JSON document or file does not have the promised form. */
  INVALID_DOCUMENT: { format: string; issues: readonly string[] }
  /** The configuration; all faults at once. */
  INVALID_CONFIG: {
    faults: readonly { name: string; got: string; expected: string; from?: string; fix?: string }[]
  }
  /** A block of a CAR that is not what its CID says. */
  CONTENT_CORRUPT: { digest: string; got: string }
  /** An argument of a pure function that the caller got wrong. */
  INVALID_ARGUMENT: { argument: string; got: string; expected: string }
  /** Our own result contradicts itself. */
  INVARIANT_BROKEN: { invariant: string; got: string; expected: string }
  /** The chain behind the RPC is not the configured one, or is behind what we have already seen. */
  WRONG_CHAIN: { got: string; expected: string }
  RPC_FAILED: { method: string; cause: string }
  /** A block that was final when its events were stored is no longer on the chain. */
  REORG_BELOW_FINALITY: { block: number; got: string; expected: string }
  /** A contract answered in a way that the oracle cannot go on from; `reason` is the decoded error. */
  CALL_REVERTED: { call: string; reason: string }
  /** The chain moved between planning and sending. */
  STALE_ACTION: { action: string; got: string; expected: string }
  /** An epoch is not in a state in which the step makes sense. */
  WRONG_STATE: { epoch: number; got: string; expected: string }
  /** A file of a corpus index is not what its digest, its manifest or its size says. */
  INDEX_CORRUPT: { path: string; got: string; expected: string }
  /** The disk did not give or take a file of a corpus index. */
  INDEX_UNREADABLE: { path: string; reason: string }
  /** A tree file (tree.bin) is not what its header, its root or its size says. */
  TREE_CORRUPT: { file: string; got: string; expected: string }
  /** The disk did not give or take a tree file. */
  TREE_UNREADABLE: { file: string; reason: string }
  /** The disk did not give or take a file or a folder. */
  DISK_FAILED: { path: string; reason: string }
  SCORING_FAILED: { step: string; reason: string }
  /** A scoring job, or a file that it names; all faults of one reading at once. */
  INVALID_JOB: { faults: readonly { name: string; got: string; expected: string }[] }
  /** A feature store on disk is not what was written. */
  STORE_CORRUPT: { file: string; got: string; expected: string }
  /** A store holds something else than what is asked of it, or another process wrote to it meanwhile. */
  STORE_MISMATCH: { field: string; got: string; expected: string }
  /** The database gives no answer, or none now; `where` is its host or folder. */
  STORE_UNREACHABLE: { where: string; reason: string }
  /** Another process works on the same store. */
  STORE_LOCKED: { where: string; holder?: Holder }
  /** Another operator, named by its host, gives no answer or none that can be read. */
  PEER_FAILED: { peer: string; reason: string }
  /** A snapshot, or a part of it, is not what its manifest says, or is of another system. */
  SNAPSHOT_INVALID: { path: string; got: string; expected: string }
  /** What is final on chain is not what follows from the chain and from content. */
  REBUILD_DIFFERS: { epoch: number; part: string; position?: number; got: string; expected: string }
  /** A key, or the file that it is in, that cannot be used: malformed, a wrong password, another address. */
  KEY_INVALID: { reason: string }
  /** A key file that others can read. */
  KEY_UNSAFE: { path: string; got: string; expected: string }
  /** The remote signer did not sign; it is named by its host. */
  SIGNER_FAILED: { signer: string; method: string; reason: string }
  /** The signer signed something else than it was asked to, or with another key. */
  SIGNER_LIED: { field: string; got: string; expected: string }
  /** Gas costs more than the operator pays; wei per gas. */
  FEE_TOO_HIGH: { got: string; expected: string }
  /** The operator's account cannot pay for its transaction; wei. */
  BALANCE_TOO_LOW: { address: string; got: string; expected: string }
  /** A result that was used already turned out to be a liar's: it has to be asked for again. */
  WORK_WITHDRAWN: { worker: string; shards: number }
  /** The aggregator refuses everything that this worker answers. */
  WORKER_REFUSED: { worker: string; reason: string }
  /** No worker brings a shard back, and computing it here ended the process. */
  SHARD_POISONED: { shard: string; graph: string; input: string }
  /** A thread of this process ended without being asked to, and what it was doing is lost. */
  THREAD_DIED: { thread: string; reason: string }
  /** What was asked for will be there, but is still being read or built. */
  NOT_READY: { part: string; reason: string }
  ABORTED: { step: string }
}

export type FaultCode = keyof FaultData

/** Which process has what only one may have. */
export interface Holder {
  pid: number
  host: string
  /** ISO 8601: when it started, or connected to the database */
  since: string
  /** where the database sees its connection come from */
  address?: string
}

/** A holder in words; it may be silent, or of another version. */
export function holderText(holder: Holder | undefined): string {
  if (!holder) return 'a process that does not say who it is'
  const { pid, host, since, address } = holder
  return `process ${pid} on ${host}${address === undefined ? '' : ` (${address})`}, since ${since}`
}

/** The parts that a message is composed of, once, so that every fault reads alike. */
export interface Report {
  what: string
  got?: string
  expected?: string
  /** what the reader can do about it */
  fix?: string
}

const RETRYABLE: ReadonlySet<FaultCode> = new Set([
  'RPC_FAILED',
  'STALE_ACTION',
  'INDEX_UNREADABLE',
  'STORE_UNREACHABLE',
  'STORE_LOCKED',
  'PEER_FAILED',
  'SIGNER_FAILED',
  'FEE_TOO_HIGH',
  'BALANCE_TOO_LOW',
  'WORK_WITHDRAWN',
  'TREE_UNREADABLE',
  'THREAD_DIED',
  'DISK_FAILED',
  'NOT_READY',
])

export class AttributionOracleError<C extends FaultCode = FaultCode> extends Error {
  override readonly name = 'AttributionOracleError'
  readonly retryable: boolean

  constructor(
    readonly code: C,
    report: Report,
    readonly data: FaultData[C],
    options?: ErrorOptions,
  ) {
    super(compose(code, report), options)
    this.retryable = RETRYABLE.has(code)
  }
}

/** Narrows an unknown failure to one of our faults with this code. */
export function isFault<C extends FaultCode>(error: unknown, code: C): error is AttributionOracleError<C> {
  return error instanceof AttributionOracleError && error.code === code
}

/**
 * Content that is missing, malformed or too large: the fault of whoever should have published it. The oracle records it
 * and goes on, because nobody may stop an epoch by withholding or breaking a file. Content that this machine lost or
 * cannot read (CONTENT_CORRUPT, CONTENT_UNREADABLE) is none of it: nobody may lose money by our disk.
 */
export function isContentFault(error: unknown): error is AttributionOracleError | ContentStoreError {
  if (error instanceof ContentStoreError) return isAbsent(error) || error.code === 'CONTENT_TOO_LARGE'
  return isFault(error, 'INVALID_DOCUMENT')
}

export function isAbsent(error: unknown): boolean {
  return error instanceof ContentStoreError && error.code === 'CONTENT_MISSING'
}

/**
 * What a failure at a file or folder means.
 * @returns DISK_FAILED for what a call of the file system threw; anything else as it is
 */
export function diskFault(path: string, cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return cause
  return new AttributionOracleError(
    'DISK_FAILED',
    {
      what: `The disk does not take ${path}`,
      got: code,
      expected: 'a path that can be written',
      fix: 'check the path, its rights and the free space',
    },
    { path, reason: code },
    { cause },
  )
}

function compose(code: FaultCode, report: Report): string {
  const lines = [`${code}: ${report.what}`]
  if (report.got !== undefined) lines.push(`  got:      ${report.got}`)
  if (report.expected !== undefined) lines.push(`  expected: ${report.expected}`)
  if (report.fix !== undefined) lines.push(`  fix:      ${report.fix}`)
  return lines.join('\n')
}
