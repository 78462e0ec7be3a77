import { startChain, type EmbeddedChain, type Hardfork } from '@open-datanets/embedded-chain'
import type { ContractTransactionResponse } from 'ethers'

export const CHAIN_ID = 31337

/** A node on which gas is counted and costs nothing, so that any account may send. */
export interface Anvil extends EmbeddedChain {
  /** Does the work and takes back whatever it did to the chain. */
  undoing<T>(work: () => Promise<T>): Promise<T>
}

// A fixed genesis, so that amounts that grow with time are the same in every run. Every transaction is mined at once.
// The blocks in between are for ethers: a receipt that it misses by a moment is looked for again only when another
// block comes.
const MINING = ['--timestamp', 1_790_000_000, '--mixed-mining', '--block-time', 1]
const FEES = ['--gas-price', 0, '--block-base-fee-per-gas', 0, '--disable-block-gas-limit']
const ACCOUNTS = ['--accounts', 80, '--auto-impersonate']

export async function startAnvil(hardfork: Hardfork): Promise<Anvil> {
  const chain = await startChain({ args: [...MINING, ...FEES, ...ACCOUNTS], hardfork, pollMs: 10 })
  return {
    ...chain,
    async undoing(work) {
      const before = (await chain.provider.send('evm_snapshot', [])) as string
      const result = await work()
      await chain.provider.send('evm_revert', [before])
      return result
    },
  }
}

/** The gas of a whole transaction: 21,000 and the call data included. */
export async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
  const receipt = await (await sent).wait()
  return Number(receipt!.gasUsed)
}
