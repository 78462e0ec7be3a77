import type { Table } from './table'

export interface BenchOptions {
  /** Leaves of the ledger tree in `ledger`. */
  readonly leaves: number
  /** Leaves of the ledger that `gas` claims from. */
  readonly claimLeaves: number
  /** Contributors, and so leaves of the ledger, that `gas` posts and challenges. */
  readonly contributors: number
}

/** One thing that we claim, and how anyone can check it. */
export interface Bench {
  readonly name: string
  /** One line. */
  readonly claim: string
  run(options: BenchOptions): Promise<Table[]>
}
