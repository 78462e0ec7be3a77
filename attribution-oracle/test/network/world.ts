import { toQuantity } from 'ethers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Datanet } from '../scene/datanet'
import { SOURCES } from '../scene/sources'
import { invented } from './chance'
import { realModel } from './scorers'

const FIRST_CONTRIBUTOR = 4
const CONTRIBUTORS = 3
/** Deeper would be below finality. */
const DEEPEST = 2
/**
 * A contribution of the model that people pay for. Were nobody left to be paid, the fees would wait, and the model would be
 * scored along with those of every later epoch.
 */
const OF_WHAT_IS_SOLD = 0
const TICK_MS = 60
const LATE_MS = 600

/** What happens on the chain, all of it by chance: contributions, withdrawals, payments, late blocks, reorganisations. */
export class World {
  readonly counts = {
    contributions: 0,
    withdrawals: 0,
    payments: 0,
    'late blocks': 0,
    reorganisations: 0,
    'blocks replaced': 0,
    'transactions taken back': 0,
  }
  /** places of contributions by whoever brought them */
  private readonly contributors: number[] = []
  private readonly withdrawn = new Set<number>()

  constructor(
    readonly datanet: Datanet,
    private readonly random: () => number,
  ) {}

  roll(sides: number): number {
    return Math.floor(this.random() * sides)
  }

  /** What people do in an epoch before it is opened. @param real with a model that is a real graph */
  async live(epoch: number, real: boolean): Promise<void> {
    const { datanet, counts } = this
    const texts = Array.from({ length: 1 + this.roll(2) }, (_, i) => invented(epoch, i, this.random))
    // everybody once before anything is drawn: a lie takes from one account and gives to another
    const who = FIRST_CONTRIBUTOR + (epoch <= CONTRIBUTORS ? epoch - 1 : this.roll(CONTRIBUTORS))
    await datanet.contribute(who, texts)
    this.contributors.push(...texts.map(() => who))
    counts.contributions += texts.length
    if (epoch === CONTRIBUTORS + 2 || (epoch > CONTRIBUTORS && this.roll(4) === 0)) await this.withdraw()
    const places = this.contributors.map((_, place) => place)
    await datanet.model(places, undefined, true, true, real ? realModel(`network ${epoch}`) : {})
    if (epoch === 1 || real) return
    await datanet.buy(1, SOURCES.ballot, BigInt(1 + this.roll(1_000_000)) * 10n ** 12n)
    counts.payments++
  }

  /**
   * Mines a block, in time or late, and now and then replaces the newest ones: both the first time that they can be, and by
   * chance after that, more often where somebody sent something.
   */
  async tick(): Promise<void> {
    const { datanet, counts } = this
    const late = this.roll(15) === 0 || counts['late blocks'] === 0
    if (late) counts['late blocks']++
    await sleep(late ? LATE_MS : TICK_MS)
    // what came since the last look has a block of its own, on which one was mined at most
    const busy = (await this.transactionsIn(DEEPEST)) > 0
    if (busy && counts['transactions taken back'] === 0) await this.reorganise(DEEPEST)
    else if (this.roll(busy ? 3 : 12) === 0) await this.reorganise(1 + this.roll(DEEPEST))
    await datanet.anvil.mine(1)
  }

  /** What was sent so far cannot be taken back any more. */
  bury(): Promise<void> {
    return this.datanet.anvil.mine(DEEPEST)
  }

  private async withdraw(): Promise<void> {
    const stays = (place: number): boolean => place === OF_WHAT_IS_SOLD || this.withdrawn.has(place)
    const standing = this.contributors.flatMap((_, place) => (stays(place) ? [] : [place]))
    const place = standing[this.roll(standing.length)]!
    const { anvil, ids, system } = this.datanet
    const registry = system.datanetRegistry.connect(anvil.account(this.contributors[place]!))
    await (await registry.withdraw(ids[place]!, 1)).wait()
    this.withdrawn.add(place)
    this.counts.withdrawals++
  }

  private async reorganise(depth: number): Promise<void> {
    const { anvil } = this.datanet
    this.counts['transactions taken back'] += await this.transactionsIn(depth)
    await anvil.reorganise(depth)
    this.counts.reorganisations++
    this.counts['blocks replaced'] += depth
  }

  /** In so many of the newest blocks. */
  private async transactionsIn(depth: number): Promise<number> {
    const { provider } = this.datanet.anvil
    const head = await provider.getBlockNumber()
    const counted = Array.from({ length: depth }, (_, i) =>
      provider.send('eth_getBlockTransactionCountByNumber', [toQuantity(head - i)]),
    )
    return (await Promise.all(counted)).reduce((sum: number, each) => sum + Number(each), 0)
  }
}
