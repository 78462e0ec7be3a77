import type { Table } from './table'

export interface BenchOptions {
  /** Accounts of the ledger in `ledger-tree` and `api`. */
  readonly leaves: number
  /** Contributors, and so leaves of the ledger, that `gas` posts and challenges. */
  readonly contributors: number
  /** How long `soak` goes on. */
  readonly minutes: number
  /** Whether `gas` has to keep to its bars. */
  readonly bars: boolean
  /** Whether `gas` has to be exactly what its snapshot says. */
  readonly check: boolean
  /** Whether `gas` records its figures as the snapshot. */
  readonly update: boolean
  /** Whether `medquad` takes one seed and a third of the text, and `ledger-tree` a tenth of the accounts, without bars; `soak` a minute. */
  readonly quick: boolean
}

/** One thing that we claim, and how anyone can check it. */
export interface Bench {
  readonly name: string
  /** One line. */
  readonly claim: string
  run(options: BenchOptions): Promise<Table[]>
}
