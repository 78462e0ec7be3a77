import { startChain, type EmbeddedChain } from '@open-datanets/embedded-chain'

export interface Anvil extends EmbeddedChain {
  /** makes everything that was mined so far final */
  settle(): Promise<void>
}

/** A real node whose finalized block lags two blocks behind. */
export async function startAnvil(): Promise<Anvil> {
  const chain = await startChain({ args: ['--slots-in-an-epoch', 1] })
  const settle = (): Promise<void> => chain.mine(3)
  return {
    ...chain,
    settle,
    async pass(seconds) {
      await chain.pass(seconds)
      await settle()
    },
  }
}
