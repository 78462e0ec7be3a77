import type { EpochState } from './epochState'

/** What became of one try to get a transaction mined. */
export type TransactionResult =
  'sent' | 'replaced' | 'mined' | 'reverted' | 'cancelled' | 'superseded' | 'refused'

/**
 * What the service does, while it does it: metrics, the log and the state that is served over HTTP listen to the same
 * events. An event never holds a secret; an RPC endpoint is named by its host alone. Durations are in seconds.
 */
export type ServiceEvent =
  /** `code` is "ok", an HTTP status, a JSON-RPC code or the name of a network fault */
  | { kind: 'rpc'; endpoint: string; method: string; code: string; seconds: number }
  | { kind: 'endpoint'; endpoint: string; up: boolean; reason?: string }
  | { kind: 'blocks'; head: number; safe: number; finalized: number; indexed: number }
  /** blocks above finality that were replaced; nothing of ours stands on them */
  | { kind: 'reorg'; depth: number; block: number }
  | { kind: 'indexed'; events: number; from: number; to: number; seconds: number }
  | { kind: 'epoch'; epoch: number; state: EpochState | 'rejected' | 'waiting'; reason?: string }
  /** unix seconds at which the post of an epoch can be made final */
  | { kind: 'deadline'; epoch: number; at: number }
  | { kind: 'stage'; epoch: number; stage: string; items: number; seconds: number }
  | { kind: 'tree'; epoch: number; leaves: number; seconds: number }
  | { kind: 'model'; modelId: number; digest: string }
  | { kind: 'posted'; epoch: number; ledgerRoot: string; at: number }
  | { kind: 'verified'; epoch: number; agrees: boolean; part?: string; got?: string; expected?: string }
  /** `command` is what would send it, where nothing may be sent */
  | { kind: 'challenge'; epoch: number; proof: string; sent: boolean; command?: string }
  | {
      kind: 'transaction'
      epoch: number
      action: string
      nonce: number
      attempt: number
      hash: string
      result: TransactionResult
      /** since it was first sent */
      seconds: number
      gasUsed?: bigint
      /** wei */
      cost?: bigint
    }
  | { kind: 'balance'; address: string; wei: bigint }
  | { kind: 'nonce'; address: string; latest: number; pending: number }
  | {
      kind: 'peer'
      peer: string
      epoch: number
      state: 'agrees' | 'differs' | 'behind' | 'unreachable'
      /** the turns of all operators have not passed yet: to be behind is no fault of a peer */
      early?: true
      reason?: string
    }
  | {
      kind: 'shard'
      worker: string
      result: 'done' | 'checked' | 'lost' | 'lied'
      items: number
      seconds: number
    }
  | { kind: 'worker'; worker: string; state: 'joined' | 'quarantined'; reason?: string }
  /** the server that shards travel through, named by its host */
  | { kind: 'queue'; queue: string; up: boolean; reason?: string }
  /** shards are computed in this process, for want of workers; and when that is over */
  | { kind: 'alone'; alone: boolean; reason: string }
  | {
      kind: 'content'
      store: string
      operation: 'get' | 'put'
      result: 'hit' | 'miss' | 'error'
      bytes: number
    }
  | { kind: 'request'; route: string; status: number; seconds: number }
  | { kind: 'proofs'; served: number }
  /** `retryIn` is absent where nothing is tried again */
  | { kind: 'failed'; step: string; code: string; message: string; retryIn?: number }
  /** the end of one look at the chain; what failed in the cycle before and is not named here works again */
  | { kind: 'cycle'; failed: readonly string[] }

export type Observe = (event: ServiceEvent) => void
