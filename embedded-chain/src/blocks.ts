import type { JsonRpcProvider } from 'ethers'
import { setTimeout as sleep } from 'node:timers/promises'

/** Longer than it takes to mine a block that has begun. */
const AT_REST_MS = 10

/**
 * Mines and reorganises, one after the other. Anvil 1.7 mines while it reorganises: a block is then missing afterwards, and
 * the state of another one is not what its transactions made.
 */
export class Blocks {
  private turn: Promise<unknown> = Promise.resolve()

  constructor(private readonly provider: JsonRpcProvider) {}

  mine(count: number): Promise<void> {
    return this.inTurn(async () => void (await this.provider.send('anvil_mine', [quantity(count)])))
  }

  reorganise(depth: number): Promise<void> {
    return this.inTurn(async () => {
      await this.provider.send('evm_setAutomine', [false])
      try {
        await this.atRest()
        await this.provider.send('anvil_reorg', [depth, []])
      } finally {
        await this.provider.send('evm_setAutomine', [true])
      }
    })
  }

  private async atRest(): Promise<void> {
    const head = (): Promise<string> => this.provider.send('eth_blockNumber', []) as Promise<string>
    for (let before = '', now = await head(); now !== before; now = await head()) {
      before = now
      await sleep(AT_REST_MS)
    }
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work)
    this.turn = done.catch(() => undefined)
    return done
  }
}

const quantity = (count: number): string => `0x${count.toString(16)}`
