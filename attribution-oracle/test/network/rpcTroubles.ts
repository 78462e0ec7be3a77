import { FaultyRpc, type RpcFault } from '../scene/faultyRpc'

/** What providers do to an operator, one at a time; `times` is how many requests it hurts before it heals. */
const TROUBLES: readonly (RpcFault & { name: string; times: number })[] = [
  { name: 'timeouts', hang: true, times: 1 },
  { name: 'HTTP 429', status: { code: 429, retryAfter: '1' }, times: 20 },
  { name: 'HTTP 503', status: { code: 503 }, times: 30 },
  { name: 'garbage', body: 'garbage', times: 10 },
  { name: 'answers cut short', body: 'truncated', times: 10 },
  { name: 'connections cut', reset: true, times: 10 },
  { name: 'wrong chain', chainId: 1, times: 40 },
  { name: 'lagging by 3 blocks', lag: 3, times: 60 },
  { name: 'ranges of 10 blocks', logs: { provider: 'alchemy', blocks: 10 }, times: 40 },
  { name: 'slow answers', slowMs: 200, times: 30 },
]

export const TROUBLE_NAMES = TROUBLES.map(({ name }) => name)

/** Endpoints in front of the node, one of which may be in trouble at a time: every kind has its turn. */
export class RpcTroubles {
  /** requests that each kind has hurt */
  readonly hurt = new Map(TROUBLE_NAMES.map(name => [name, 0]))
  private next = 0

  private constructor(
    readonly endpoints: readonly FaultyRpc[],
    private readonly roll: (sides: number) => number,
  ) {}

  static async before(node: string, count: number, roll: (sides: number) => number): Promise<RpcTroubles> {
    const endpoints: FaultyRpc[] = []
    for (let i = 0; i < count; i++) endpoints.push(await FaultyRpc.before(node))
    return new RpcTroubles(endpoints, roll)
  }

  /** Whether the trouble that began last has hurt anybody. */
  get felt(): boolean {
    return this.endpoints.every(({ fault }) => {
      const { name, times } = fault as Partial<(typeof TROUBLES)[number]>
      return name === undefined || times! < timesOf(name)
    })
  }

  /** Heals all of them, and lets the next kind of trouble begin at one. */
  begin(): void {
    this.heal()
    const endpoint = this.endpoints[this.roll(this.endpoints.length)]!
    endpoint.fault = { ...TROUBLES[this.next++ % TROUBLES.length]! }
  }

  heal(): void {
    for (const endpoint of this.endpoints) {
      const { name, times } = endpoint.fault as Partial<(typeof TROUBLES)[number]>
      endpoint.fault = {}
      if (name === undefined) continue
      this.hurt.set(name, this.hurt.get(name)! + timesOf(name) - Math.max(0, times!))
    }
  }

  async stop(): Promise<void> {
    for (const endpoint of this.endpoints) await endpoint.stop()
  }
}

function timesOf(name: string): number {
  return TROUBLES.find(each => each.name === name)!.times
}
