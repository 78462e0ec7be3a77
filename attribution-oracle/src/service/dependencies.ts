import type { Attestor, Challenger, OracleReader, Slashing } from '../chain'
import type { Digest, Observe } from '../domain'
import type { Holder } from '../errors'
import type { Operating } from '../pipeline'

/** What was found of a post by an earlier run, so that a restart does not compute it again. */
export interface VerificationLog {
  record(verification: {
    epoch: number
    /** SHA-256 of the post's canonical JSON */
    post: Digest
    agrees: boolean
    difference?: { part: string; position?: number; got: string; expected: string }
    /** unix seconds */
    at: number
  }): Promise<void>
  find(epoch: number, post: Digest): Promise<{ agrees: boolean } | undefined>
}

/** The right to be the only process that sends with a key. */
export interface Lock {
  /** aborts when another process may have it by now; its reason is what happened */
  readonly lost: AbortSignal
  release(): Promise<void>
}

/** Whatever sends is absent in a dry run. */
export interface ServiceDeps extends Operating {
  oracle: Pick<OracleReader, 'now' | 'operatorsOf' | 'digestOf' | 'answerBy' | 'openDemands'>
  attestor: Pick<Attestor, 'attest'> | undefined
  challenger: Pick<Challenger, 'challenge' | 'demand' | 'reveal' | 'rejectUnrevealed'> | undefined
  slashing: Pick<Slashing, 'settle'> | undefined
  /** undefined while another process has it */
  lock?: ((name: 'poster') => Promise<Lock | undefined>) | undefined
  /** who that is */
  lockHolder?: ((name: 'poster') => Promise<Holder | undefined>) | undefined
  verifications?: VerificationLog
  /** looks at the newest blocks and tells of them, for the metrics alone */
  heads?: () => Promise<unknown>
}

export interface ServiceOptions {
  /** an operator signs, posts and finalizes; a verifier only recomputes and challenges */
  mode: 'operator' | 'verifier'
  /** one cycle, in which nobody waits for its turn, and the first failure is thrown */
  once: boolean
  pollMs: number
  /** how long an operator leaves the one before it alone, before it sends the same */
  submissionDelayMs: number
  /** base URLs of the other operators' APIs */
  peers: readonly string[]
  /** without it a lie is told and not struck down */
  challenge: boolean
  tolerancePpm: number
  /**
   * share of the neural part of an epoch (stage A) that a verifier computes again, 1 for all of it; below 1 nothing of
   * our own is settled, and a random sample is held against what was published. An operator computes all of it anyway.
   */
  verifyShare: number
  signal: AbortSignal
  observe: Observe
}
