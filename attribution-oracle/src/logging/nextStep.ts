/** What whoever runs the service does about a fault, by its code; the run book says more. */
const STEPS: Readonly<Record<string, string>> = {
  INVALID_DOCUMENT:
    'find out who published it: a poster can be challenged, our own file restored from a snapshot',
  INVALID_CONFIG: 'correct the settings that are named; "config check" shows all of them',
  INVALID_ARGUMENT: 'correct the argument that is named',
  INVALID_JOB: 'correct the job file where it is named',
  CONTENT_CORRUPT: 'check the disk, then restore the content store from a snapshot or another operator',
  CONTENT_UNREADABLE: 'check the disk and the permissions of the content store',
  CONTENT_MISSING: 'ask another operator for the digest, or add a content store that has it',
  CONTENT_TOO_LARGE: 'nothing: content of strangers may not be larger',
  INVARIANT_BROKEN: 'stop, keep the store as it is, and report it: a sum of ours contradicts itself',
  REORG_BELOW_FINALITY: 'stop: compare the block hash with other endpoints before anything is sent again',
  WRONG_CHAIN: 'point rpcUrls at the chain of chainId and genesisHash, and wait until the node has caught up',
  RPC_FAILED: 'nothing while it passes; otherwise check the endpoint that is named, or add another one',
  CALL_REVERTED:
    'read the reason: the chain does not allow this step now; "check" says whether the operator is bonded',
  STALE_ACTION: 'nothing: the chain has moved, and it is read again',
  WRONG_STATE: 'nothing: the step is tried again when its time has come',
  STORE_UNREACHABLE: 'see that the database or the disk behind the store can be used; it is tried again',
  STORE_LOCKED: 'stop the other process that uses this store, or give this one a store of its own',
  STORE_CORRUPT: 'restore the store from a snapshot, or rebuild it from the chain',
  STORE_MISMATCH: 'use another folder: this one holds features of something else',
  INDEX_CORRUPT: 'remove the corpus index: it is built again',
  INDEX_UNREADABLE: 'check the disk and the permissions of the index folder',
  SCORING_FAILED: 'run it again; where it fails again, report it with the step that is named',
  SHARD_POISONED:
    'give the process what the graph needs, memory first, then take the shard out of suspects.jsonl',
  VERSION_MISMATCH: 'run operator and workers of one version',
  WORK_FAILED:
    'see that nats-server runs with -js, and that its users may do what docs/workers.md lists; it is tried again',
  THREAD_DIED: 'nothing: it is started again; where it dies again, more memory or fewer workers',
  KEY_UNSAFE: 'make the key file readable by the service alone: chmod 600',
  DISK_FAILED: 'check the path that is named, its rights and the free space; it is tried again',
  DISK: 'check the free space and the permissions of the folder',
  ABORTED: 'nothing: it was stopped, and goes on where it was at the next start',
}

export function nextStep(code: string): string {
  return STEPS[code] ?? 'see the chapter on faults in docs/runbook.md'
}
