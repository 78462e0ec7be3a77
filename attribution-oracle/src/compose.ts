import { openContentStore } from '@open-datanets/content-store'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  Attestor,
  Challenger,
  ChainReader,
  openProvider,
  OracleReader,
  Poster,
  Slashing,
  type RpcPool,
  type SendOptions,
} from './chain'
import type { Config } from './config'
import type {
  ContentStore,
  Digest,
  Observe,
  OracleSigner,
  Progress,
  ServiceEvent,
  ShardRunner,
} from './domain'
import { keySourceOf } from './keySource'
import { openSigner } from './keys'
import { recordCosts } from './pipeline'
import { checkModel, openLocalShards, scoreEpoch, SHARD_ENGINE, toWeights } from './scoring'
import { screen } from './screening'
import { SendingRight, type ServiceDeps } from './service'
import { loadKeccak } from './settlement'
import { EpochStore } from './store'
import { openNatsRunner, openQuarantine, openSuspects, SCRATCH_AREA, sweepWhenFinal } from './work'

/** Everything that a command works with, built once; `close` releases it in reverse order. */
export interface Oracle extends Sending {
  config: Config
  provider: RpcPool
  operating: ServiceDeps & { store: EpochStore; chain: ChainReader }
  /** the operator's account; absent without a key */
  address: string | undefined
  /** tells whoever was named to compose, and the record of costs */
  observe: Observe
  close(): Promise<void>
}

/** What signs and sends. All but the attestor are absent in a dry run: signing sends nothing. */
interface Sending {
  poster: Poster | undefined
  challenger: Challenger | undefined
  slashing: Slashing | undefined
  attestor: Attestor | undefined
}

export interface ComposeOptions {
  /** without it nothing is ever sent, even with a key */
  confirm: boolean
  onProgress: (progress: Progress) => void
  signal: AbortSignal
  observe?: Observe
}

/**
 * The one place where adapters are built.
 * @throws WRONG_CHAIN, RPC_FAILED, STORE_LOCKED, STORE_UNREACHABLE, KEY_INVALID, KEY_UNSAFE
 */
export async function compose(config: Config, options: ComposeOptions): Promise<Oracle> {
  const { confirm, onProgress, signal } = options
  const costs = recordCosts(costFile(config), options.observe)
  const sweep = sweepWhenFinal(config.contentStores, event => options.observe?.(event))
  const observe = (event: ServiceEvent): void => {
    costs.observe(event)
    options.observe?.(event)
    sweep(event)
  }
  const closing: (() => Promise<unknown> | void)[] = [costs.close]
  const close = async (): Promise<void> => {
    for (const each of closing.splice(0).reverse()) await each()
  }
  try {
    const source = await keySourceOf(config)
    const signer = source && (await openSigner(source))
    const store = await openStore(config)
    closing.push(() => store.close())
    const provider = openRpc(config, observe)
    closing.push(() => provider.destroy())
    const content = openContent(config, observe)
    const shards = await openShards(config, { content, store }, observe)
    closing.push(() => shards?.close())
    const { chainId, startBlock, crossCheck } = config
    const reading = { chainId, startBlock, addresses: config, logs: store.logs, crossCheck, observe }
    const chain = await ChainReader.connect(provider, reading)
    const right = new SendingRight()
    const sending = sendingOf({ config, provider, store }, signer, confirm, {
      signal,
      observe,
      permitted: right.expect,
      fees: feesOf(config),
    })
    const operating = {
      chain,
      store,
      content,
      shards,
      keccak: await loadKeccak(),
      screen,
      checkModel,
      scoreEpoch,
      toWeights,
      workers: config.workers,
      publishFolder: config.publishFolder,
      system: systemOf(config),
      oracle: new OracleReader(provider, config),
      lock: async (name: 'poster') => right.take(await store.lock(name)),
      verifications: store.verifications,
      heads: () => chain.heads(),
      onProgress,
      observe,
      signal,
      ...sending,
    }
    return { config, provider, operating, address: signer?.address, observe, close, ...sending }
  } catch (error) {
    await close()
    throw error
  }
}

/** What epochs cost this operator, over restarts. */
export const costFile = ({ publishFolder }: Pick<Config, 'publishFolder'>): string =>
  join(publishFolder, 'costs.jsonl')

/** The database alone, migrated. @throws STORE_LOCKED, STORE_UNREACHABLE */
export function openStore({ databaseUrl, storeFolder }: Config): Promise<EpochStore> {
  return EpochStore.open(databaseUrl === undefined ? { folder: storeFolder! } : { url: databaseUrl })
}

/** Where content is read and written. */
export function openContent(
  config: Pick<Config, 'contentStores' | 's3AccessKeyId' | 's3SecretAccessKey'>,
  observe: Observe = () => undefined,
  area?: string,
): ContentStore {
  const { contentStores, s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = config
  return openContentStore({
    stores: contentStores,
    ...(area !== undefined && { area }),
    observe: event => observe({ kind: 'content', ...event }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  })
}

/** Where shards and results lie, which only operator and workers need: beside the content, and apart from it. */
export function openScratch(
  config: Pick<Config, 'contentStores' | 's3AccessKeyId' | 's3SecretAccessKey'>,
  observe?: Observe,
): ContentStore {
  return openContent(config, observe, SCRATCH_AREA)
}

/** What hands scoring to the workers behind a queue; without one it is done in this process. */
async function openShards(
  config: Config,
  { content, store }: { content: ContentStore; store: EpochStore },
  observe: Observe,
): Promise<(ShardRunner & { close(): Promise<void> }) | undefined> {
  const { natsUrl, workers, publishFolder, workerCheckShare, workerPatienceMs, workerSilenceMs } = config
  if (natsUrl === undefined) return undefined
  await mkdir(publishFolder, { recursive: true })
  // of several processes on one store, one takes out of the queue what was left there
  const lock = await store.lock('work')
  const runner = await openNatsRunner({
    ...config,
    natsUrl,
    content,
    scratch: openScratch(config, observe),
    engine: SHARD_ENGINE,
    local: openLocalShards({ workers }),
    rescoreShare: workerCheckShare,
    patienceMs: workerPatienceMs,
    delivery: { ackWaitMs: workerSilenceMs },
    quarantine: await openQuarantine(join(publishFolder, 'quarantine.jsonl')),
    suspects: await openSuspects(join(publishFolder, 'suspects.jsonl')),
    ...(lock && { name: await nameIn(publishFolder) }),
    observe,
  })
  return {
    ahead: runner.ahead,
    run: (shards, options) => runner.run(shards, options),
    async close() {
      await runner.close()
      await lock?.release()
    },
  }
}

/** The name of this operator in the queue: drawn once, and the same after a restart. */
async function nameIn(publishFolder: string): Promise<string> {
  const file = join(publishFolder, 'queue-name')
  await writeFile(file, randomBytes(8).toString('hex'), { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
  return (await readFile(file, 'utf8')).trim()
}

/** The endpoints; nothing is asked yet. */
export function openRpc(config: Config, observe: Observe): RpcPool {
  const { rpcUrls: urls, chainId, genesisHash, pollMs, rpcTimeoutMs: timeoutMs } = config
  const genesis = genesisHash === undefined ? {} : { genesisHash: genesisHash as Digest }
  return openProvider({ urls, chainId, ...genesis, pollMs, timeoutMs, observe })
}

/** The contracts whose addresses are part of what is computed. */
export function systemOf(config: Config): ServiceDeps['system'] {
  const { chainId, rewardVault: vault, datanetRegistry: registry, inferencePayments: payments } = config
  return { chainId, vault, registry, payments }
}

interface SendingParts {
  config: Config
  provider: RpcPool
  store: EpochStore
}

function sendingOf(
  { config, provider, store: { outbox } }: SendingParts,
  signer: OracleSigner | undefined,
  confirm: boolean,
  options: SendOptions,
): Sending {
  const attestor = signer && new Attestor(provider, signer, config.chainId, config)
  if (!signer || !confirm) return { attestor, poster: undefined, challenger: undefined, slashing: undefined }
  return {
    attestor,
    poster: new Poster(provider, signer, config, outbox, options),
    challenger: new Challenger(provider, signer, config, outbox, options),
    slashing: new Slashing(provider, signer, config, outbox, options),
  }
}

const GWEI = 1e9

function feesOf({ maxFeeGwei, bumpFactor, bumpAfterMs, attempts }: Config): NonNullable<SendOptions['fees']> {
  return { maxFeePerGas: BigInt(Math.round(maxFeeGwei * GWEI)), bumpFactor, bumpAfterMs, attempts }
}
