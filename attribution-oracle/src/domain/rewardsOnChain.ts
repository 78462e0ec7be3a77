import type { Root } from './chainTypes'

/** What the chain says of accounts, all at one block. */
export interface PaidAtBlock {
  block: number
  /** the root that the vault pays by; zero while claims are paused */
  root: Root
  /** of the root, or of the one before the pause */
  epoch: number
  /** ever paid by account, wei, in the order in which they were asked for */
  paid: readonly bigint[]
}

export interface TokenFacts {
  address: string
  symbol: string
  decimals: number
}

/** A call that anyone may send: it pays the account of the leaf. */
export interface ClaimCall {
  to: string
  data: `0x${string}`
}

export interface ClaimArguments {
  index: number
  account: string
  cumulative: bigint
  prefix: bigint
  proof: `0x${string}`
}

/** The vault and the token as they are now, not as finalized blocks have them: a claim that was just mined counts. */
export interface RewardsOnChain {
  token(): Promise<TokenFacts>
  /** @throws RPC_FAILED */
  paid(account: string): Promise<Omit<PaidAtBlock, 'paid'> & { paid: bigint }>
  claimCall(claim: ClaimArguments): ClaimCall
}
