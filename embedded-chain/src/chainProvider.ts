import { JsonRpcProvider, type Subscriber, type Subscription } from 'ethers'

/**
 * ethers looks for a transaction whenever a block is new, and takes the one that it finds first for old. A chain that mines
 * at once has the transaction in that very block now and then, and nobody may ever make another one.
 */
export class ChainProvider extends JsonRpcProvider {
  override _getSubscriber(subscription: Subscription): Subscriber {
    if (subscription.type === 'transaction') return new MinedSubscriber(this, subscription.hash)
    return super._getSubscriber(subscription)
  }
}

/** Looks for a transaction, blocks or not, for as long as somebody waits for it. */
class MinedSubscriber implements Subscriber {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly provider: JsonRpcProvider,
    private readonly hash: string,
  ) {}

  start(): void {
    this.timer ??= setTimeout(() => void this.look())
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  pause(): void {
    this.stop()
  }

  resume(): void {
    this.start()
  }

  private async look(): Promise<void> {
    // the next look asks again what this one could not
    const receipt = await this.provider.getTransactionReceipt(this.hash).catch(() => null)
    if (this.timer === undefined) return
    this.timer = setTimeout(() => void this.look(), this.provider.pollingInterval)
    if (receipt) await this.provider.emit(this.hash, receipt)
  }
}
