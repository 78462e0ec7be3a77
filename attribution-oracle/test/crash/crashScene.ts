import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { EpochStore } from '../../src/store'
import { Datanet, WINDOW } from '../scene/datanet'
import type { Postgres } from '../scene/postgres'
import { SOURCES } from '../scene/sources'
import { CrashProcess } from './crashProcess'
import { filesIn } from './filesIn'
import type { Traced } from './killAtWrite'
import { operate, type Assignment, type Done } from './operator'

const EPOCH = 1
const WARM = 3

export type StoreKind = 'PGlite' | 'PostgreSQL'

/** Everything that must not depend on where a process died. */
export interface Outcome {
  /** digest over the rows of the epoch, its results and its earnings */
  rows: string
  /** digest by path of everything that was published or put */
  files: Record<string, string>
  ledgerRoot: string
  /** what the operator sent: by name of the event that it caused */
  events: string[]
  transactions: number
}

/** One opened epoch on a chain that is put back to that moment for every trial. */
export class CrashScene {
  private readonly warm: CrashProcess<Assignment, Done>[] = []
  private trials = 0
  private opened = ''

  private constructor(
    private readonly datanet: Datanet,
    /** is gone after the scene */
    readonly folder: string,
    readonly postgres: Postgres | undefined,
    private readonly nonce: number,
  ) {}

  /** @param trained the model of the epoch; without it one that no network is asked for */
  static async start(
    postgres: Postgres | undefined,
    trained?: { tokenizer: string; graph: Uint8Array },
  ): Promise<CrashScene> {
    const folder = await mkdtemp(join(tmpdir(), 'oracle-crash-'))
    const datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.model([0, 1, 2], undefined, true, true, trained)
    await datanet.openEpoch(EPOCH)
    await datanet.anvil.settle()
    for (const where of [join(folder, 'template'), ...(postgres ? [postgres.url] : [])])
      await (await EpochStore.open(where)).close()
    const scene = new CrashScene(datanet, folder, postgres, await datanet.operator.getNonce())
    scene.opened = await scene.chain('evm_snapshot')
    return scene
  }

  /**
   * Puts the chain back and gives a process what it needs to work from there: a store, content and a folder of its own.
   * @param empty a database that has no tables yet
   */
  async assignment(kind: StoreKind, empty = false): Promise<Assignment> {
    await this.chain('evm_revert', this.opened)
    this.opened = await this.chain('evm_snapshot')
    const { datanet } = this
    const folderOf = (trial: number): string => join(this.folder, `trial-${trial}`)
    // an embedded store takes some 40 MB, and there may be hundreds of trials
    await rm(folderOf(this.trials - 1), { recursive: true, force: true })
    const own = folderOf(this.trials++)
    const contentFolder = join(own, 'content')
    await cp(join(datanet.folder, 'content'), contentFolder, { recursive: true })
    const addresses = datanet.addresses()
    return {
      rpcUrl: datanet.anvil.url,
      key: datanet.operator.privateKey,
      epoch: EPOCH,
      addresses,
      startBlock: datanet.system.record.blockNumber,
      system: {
        chainId: 31337,
        vault: addresses.rewardVault,
        registry: addresses.datanetRegistry,
        payments: addresses.inferencePayments,
      },
      contentFolder,
      publishFolder: join(own, 'published'),
      store: empty ? await this.postgres!.database() : await this.store(kind, own),
    }
  }

  /**
   * Works on the assignment in a process of its own.
   * @param paused what happens to the world at the write that the crash pauses at
   * @returns undefined when it was killed
   */
  run(assignment: Assignment & Traced, paused?: () => Promise<void>): Promise<Done | undefined> {
    while (this.warm.length < WARM) this.warm.push(CrashProcess.spawn('epochProcess.ts'))
    const operator = this.warm.shift()!
    return operator.run(assignment, { window: () => this.window(), ...(paused && { paused }) })
  }

  /** Goes on with what a killed process left, in our own. */
  resume(assignment: Assignment): Promise<Done> {
    return operate(assignment, () => this.window())
  }

  /**
   * The names of all writes of a run that nothing disturbs.
   * @param pages those of the embedded database into its own files
   */
  async traced(
    kind: StoreKind,
    { empty = false, pages = false } = {},
  ): Promise<{ writes: string[]; outcome: Outcome }> {
    return this.trace(await this.assignment(kind, empty), pages)
  }

  async trace(assignment: Assignment, pages = false): Promise<{ writes: string[]; outcome: Outcome }> {
    const trace = join(this.folder, `trace-${this.trials}`)
    const done = await this.run({ ...assignment, trace, pages })
    const writes = (await readFile(trace, 'utf8')).trim().split('\n')
    return { writes, outcome: await this.outcome(assignment, done!) }
  }

  /** @throws Error when the transaction that the operator believes in is not the one on the chain */
  async outcome(assignment: Assignment, { rows, transaction }: Done): Promise<Outcome> {
    const { attributionOracle } = this.datanet.system
    const { provider } = this.datanet.anvil
    const address = await attributionOracle.getAddress()
    const from = parseInt(await this.chain('eth_blockNumber')) - 20
    const logs = await provider.getLogs({ address, fromBlock: Math.max(0, from) })
    const parsed = logs.flatMap(log => {
      const event = attributionOracle.interface.parseLog(log)
      return event && /^Root/.test(event.name) ? [{ name: event.name, hash: log.transactionHash }] : []
    })
    if (parsed[0]?.hash !== transaction)
      throw new Error(`${transaction} did not post: ${JSON.stringify(parsed)}`)
    const post = JSON.parse(
      await readFile(join(assignment.publishFolder, `epoch-${EPOCH}`, 'post.json'), 'utf8'),
    ) as { ledgerRoot: string }
    return {
      rows,
      files: {
        ...(await filesIn(assignment.publishFolder)),
        ...(await filesIn(assignment.contentFolder)),
      },
      ledgerRoot: post.ledgerRoot,
      events: parsed.map(({ name }) => name),
      transactions: (await this.datanet.operator.getNonce()) - this.nonce,
    }
  }

  async stop(): Promise<void> {
    for (const operator of this.warm) operator.end()
    await this.datanet.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  private window(): Promise<void> {
    return this.datanet.anvil.pass(WINDOW)
  }

  /** Copies are quicker than to bring empty ones up to date. */
  private async store(kind: StoreKind, own: string): Promise<string> {
    if (kind === 'PGlite') {
      await cp(join(this.folder, 'template'), join(own, 'store'), { recursive: true })
      return join(own, 'store')
    }
    const url = new URL(this.postgres!.url)
    const template = url.pathname.slice(1)
    const client = new Client({ connectionString: url.href.replace(template, 'postgres') })
    await client.connect()
    const name = `trial${this.trials}`
    await client.query(`create database ${name} template ${template}`)
    await client.end()
    url.pathname = name
    return url.href
  }

  private chain(method: string, ...parameters: unknown[]): Promise<string> {
    return this.datanet.anvil.provider.send(method, parameters) as Promise<string>
  }
}
