import { startChain, type EmbeddedChain } from '@open-datanets/embedded-chain'

export interface Anvil extends EmbeddedChain {
  /** makes everything that was mined so far final */
  settle(): Promise<void>
}

/** A real node whose finalized block lags behind by twice as many blocks as an epoch has slots. */
export async function startAnvil(slots = 1): Promise<Anvil> {
  const chain = await startChain({ args: ['--slots-in-an-epoch', slots] })
  const settle = (): Promise<void> => chain.mine(2 * slots + 1)
  return {
    ...chain,
    settle,
    async pass(seconds) {
      await chain.pass(seconds)
      await settle()
    },
  }
}
