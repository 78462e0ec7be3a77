/** What is asked of a contract, before nonce, gas and fees. */
export interface Call {
  to: string
  data: string
  /** wei */
  value: bigint
}

export interface MinedTransaction {
  hash: string
  blockNumber: number
  /** false when it reverted */
  succeeded: boolean
  gasUsed: bigint
  /** wei */
  cost: bigint
}

/** What gas costs now; wei per gas. */
export interface Market {
  /** of the next block */
  baseFee: bigint
  priorityFee: bigint
}

/**
 * What a node said to a signed transaction. Anything but `taken` leaves it to the chain whether it is mined: another
 * node may have taken it.
 *   nonceUsed    a transaction with its nonce is mined
 *   underpriced  the mempool holds another one with its nonce that pays as much
 *   feeTooLow    it pays less than the next block asks
 *   noFunds      the account cannot pay for it
 */
export type Broadcast = 'taken' | 'nonceUsed' | 'underpriced' | 'feeTooLow' | 'noFunds'

/** What sending needs of a chain; every method throws RPC_FAILED when the node does not answer. */
export interface SendingChain {
  /** how long to wait between two looks */
  readonly pollMs: number
  chainId(): Promise<bigint>
  /** how many transactions of an account a block counts; `pending` with the mempool on top of the newest block */
  transactionCount(address: string, at: 'latest' | 'pending' | 'finalized'): Promise<number>
  mined(hash: string): Promise<MinedTransaction | undefined>
  /** whether the node knows it, mined or not */
  holds(hash: string): Promise<boolean>
  finalizedBlock(): Promise<number>
  /** @param percentile of the priority fees that recent blocks were paid */
  market(percentile: number): Promise<Market>
  balance(address: string): Promise<bigint>
  /** @throws CALL_REVERTED when the newest block would not take the call */
  simulate(from: string, call: Call): Promise<void>
  /** @throws CALL_REVERTED */
  estimateGas(from: string, call: Call): Promise<bigint>
  broadcast(raw: string): Promise<Broadcast>
}
