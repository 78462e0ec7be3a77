import type { BlockRef, ChainHistory } from '../domain'
import type { Verifying } from '../pipeline'

/** The chain as of one finalized block, for a whole cycle: no two steps of it see different histories. */
export class ChainView implements Pick<Verifying['chain'], keyof Verifying['chain']> {
  private readonly histories = new Map<number, Promise<ChainHistory>>()

  private constructor(
    private readonly chain: Verifying['chain'],
    readonly latest: BlockRef,
  ) {}

  static async of(chain: Verifying['chain']): Promise<ChainView> {
    return new ChainView(chain, await chain.finalizedBlock())
  }

  finalizedBlock(): Promise<BlockRef> {
    return Promise.resolve(this.latest)
  }

  blockAt(number: number): Promise<BlockRef> {
    return this.chain.blockAt(number)
  }

  expectBlock(block: BlockRef): Promise<void> {
    return this.chain.expectBlock(block)
  }

  history(upTo: number, signal?: AbortSignal): Promise<ChainHistory> {
    const known = this.histories.get(upTo)
    if (known) return known
    const history = this.chain.history(upTo, signal)
    this.histories.set(upTo, history)
    return history
  }
}
