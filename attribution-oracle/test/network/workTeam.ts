import type { ServiceEvent, ShardRunner } from '../../src/domain'
import { openLocalShards } from '../../src/scoring'
import { openNatsRunner } from '../../src/work'
import { natsInstalled, startNatsServer, type NatsServer } from '../scene/natsServer'
import { ENGINE, startWorker, storesIn, type WorkerProcess } from '../work/workers'

const HONEST = ['worker-1', 'worker-2']

/**
 * Processes that compute for one operator behind a real NATS: two honest ones and, whenever it is asked for, a liar. It
 * is alone until it is found out, so that it has something to lie about.
 */
export class WorkTeam {
  readonly liars: string[] = []
  /** shards by what became of them */
  readonly shards = { done: 0, checked: 0, lost: 0, lied: 0, own: 0 }
  /** in the order in which they were caught */
  readonly quarantined: string[] = []
  runner!: ShardRunner & { close(): Promise<void> }
  private readonly processes: WorkerProcess[] = []
  private hiring: Promise<void> = Promise.resolve()

  private constructor(
    private readonly nats: NatsServer,
    private readonly content: string,
  ) {}

  /** @returns undefined where NATS is not installed */
  static async start(content: string): Promise<WorkTeam | undefined> {
    if (!natsInstalled()) return undefined
    const team = new WorkTeam(await startNatsServer(), content)
    team.runner = await openNatsRunner({
      natsUrl: team.nats.url,
      ...storesIn(content),
      engine: ENGINE,
      local: openLocalShards({ workers: 1 }),
      patienceMs: 60_000,
      delivery: { ackWaitMs: 3_000 },
      rescoreShare: 0.1,
      observe: event => team.observe(event),
    })
    return team
  }

  /** The honest ones leave, and one comes whose results are wrong; when it is caught, they come back. */
  async infiltrate(name: string): Promise<void> {
    await this.hiring
    await Promise.all(this.processes.splice(0).map(each => each.kill()))
    this.liars.push(name)
    await this.hire(name, 'flips')
  }

  async stop(): Promise<void> {
    await this.runner.close()
    await this.hiring
    await Promise.all(this.processes.map(each => each.kill()))
    await this.nats.stop()
  }

  private async hire(name: string, manner?: 'flips'): Promise<void> {
    const worker = startWorker({ natsUrl: this.nats.url, content: this.content }, name, manner)
    this.processes.push(worker)
    await worker.ready
  }

  private observe(event: ServiceEvent): void {
    if (event.kind === 'worker' && event.state === 'quarantined') {
      this.quarantined.push(event.worker)
      this.hiring = Promise.all(HONEST.map(honest => this.hire(honest))).then(() => undefined)
    }
    if (event.kind !== 'shard') return
    this.shards[event.result]++
    if (event.worker === 'local') this.shards.own++
  }
}
