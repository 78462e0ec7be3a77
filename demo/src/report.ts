/** Everything that the demo found out, as plain JSON: amounts are wei in decimal strings, shares are fractions of one. */
export interface Report {
  format: 'open-datanets/demo-report'
  version: 1
  seed: string
  size: string
  seconds: { chapter: string; seconds: number }[]
  chain: {
    chainId: number
    contracts: Record<string, string>
    gas: { action: string; transactions: number; gas: string }[]
  }
  corpus: { files: number; bytes: number; heldOutFiles: number; batches: number }
  governance: {
    description: string
    proposalId: string
    votesFor: string
    quorum: string
    /** of the chain's clock, from the proposal to its execution */
    days: number
    deployerHasNoRole: boolean
  }
  models: ModelReport[]
  training: { label: string; losses: { step: number; loss: number }[] }[]
  serving: ServingReport
  epoch: EpochReport
  verifier: { agrees: boolean; ledgerRoot: string; dataDigest: string; seconds: number }
  lie: {
    account: string
    extraWei: string
    postedRoot: string
    honestRoot: string
    challenge: string
    gas: string
    /** in the second transaction, which pays out what the first one marked */
    slashed: string
    burned: string
    reward: string
  }
  rows: ContributorRow[]
  totals: TotalsReport
  sybil: { accounts: { name: string; earned: string }[]; split: string; unsplit: string; difference: string }
  checks: { name: string; passed: boolean; detail: string }[]
}

/**
 * Held-out loss in nats per token, `before` training and after it. An adapter is measured on the files of its sub-domain,
 * where `before` is its base; the n-gram baselines are measured with the base.
 */
export interface ModelReport {
  modelId: number
  name: string
  kind: 'base' | 'adapter'
  trainedOn: number
  loss: number
  before: number
  unigram: number | null
  bigram: number | null
  digest: string
}

export interface ServingReport {
  requests: number
  tokens: number
  tokensPerSecond: number
  redeemed: string
  samples: { model: string; prompt: string; completion: string; price: string }[]
}

export interface EpochReport {
  number: number
  ledgerRoot: string
  manifestRoot: string
  journalRoot: string
  dataDigest: string
  configDigest: string
  screened: { accepted: number; copies: number; rejected: number }
  pools: {
    poolId: string
    name: string
    question: 'value' | 'usage'
    funded: string
    paid: string
    contributions: number
  }[]
}

export interface ContributorRow {
  name: string
  role: 'author' | 'exact copier' | 'renamed copier' | 'noise' | 'split author'
  account: string
  files: number
  paidFiles: number
  valueShare: number
  usageShare: number
  earnedValue: string
  earnedUsage: string
  earned: string
  claimed: string
  gas: string
  reason: string
}

export interface TotalsReport {
  funded: string
  released: string
  earned: string
  claimed: string
  vaultBalance: string
}
