import { startApi, type Api, type ApiOptions } from '../../src/api'
import { RewardReader } from '../../src/chain'
import type { Post } from '../../src/domain'
import { openReading, runEpoch, type LiveReading, type ReadingDependencies } from '../../src/pipeline'
import { Datanet, WINDOW, type OracleProcess } from './datanet'
import { SOURCES } from './sources'

/** An epoch that is final and claimed by one of its contributors, and one that was posted and waits. */
export interface ServedDatanet {
  datanet: Datanet
  operator: OracleProcess
  first: Post
  second: Post
  /** claimed everything of the first epoch; 5 has claimed nothing, 7 came with the second epoch */
  claimer: string
  stop(): Promise<void>
}

const OPERATOR = 1

export async function startServedDatanet(): Promise<ServedDatanet> {
  const datanet = await Datanet.start()
  const operator = await datanet.oracle('operator', datanet.operator.privateKey)
  const stop = async (): Promise<void> => {
    await operator.store.close()
    await datanet.stop()
  }
  try {
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(5, [SOURCES.ballot, SOURCES.counter.replaceAll('count', 'tally')])
    await datanet.contribute(6, [SOURCES.clock], false)
    const base = await datanet.model([0, 1, 2, 3])
    await datanet.model([2], { modelId: 1, manifest: base })
    await datanet.openEpoch(1)
    await datanet.buy(2, SOURCES.ballot, 10n ** 18n)
    await datanet.anvil.settle()
    const first = (await runEpoch(operator, 1)).post!
    await datanet.anvil.pass(WINDOW)
    await operator.poster!.finalize(first, OPERATOR)
    await datanet.anvil.settle()
    await runEpoch(operator, 1)
    await datanet.anvil.pass(7 * 86_400)
    await datanet.openEpoch(2)
    await datanet.contribute(7, [SOURCES.clock])
    await datanet.anvil.settle()
    const second = (await runEpoch(operator, 2)).post!
    await datanet.anvil.settle()
    return { datanet, operator, first, second, claimer: datanet.anvil.account(4).address, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A process that serves a publish folder: the operator's own, or one of its own that it fills from content. */
export async function serve(
  { datanet, operator }: ServedDatanet,
  folder: string,
  options: Partial<ApiOptions> = {},
  rest: Partial<ReadingDependencies> = {},
): Promise<{ api: Api; reading: LiveReading; stop(): Promise<void> }> {
  const { chain, content, keccak, system } = operator
  const rewards = await RewardReader.connect(datanet.anvil.provider, system.vault)
  const deps = { chain, rewards, content, keccak, system, publishFolder: folder, ...rest }
  const reading = await openReading(deps, { cacheBytes: 1 << 20 })
  await reading.refresh()
  const api = await startApi({
    host: '127.0.0.1',
    port: 0,
    reading,
    ready: () => Promise.resolve(reading.ready()),
    status: () => Promise.resolve({ mode: 'serve', wei: 1n }),
    rateLimit: undefined,
    corsOrigins: [],
    ...options,
  })
  return {
    api,
    reading,
    async stop() {
      await api.close()
      reading.close()
    },
  }
}
