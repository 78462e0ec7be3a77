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
import { nameIn, openComputation, openContent, openShards } from './computing'
import type { Config } from './config'
import type { Digest, Observe, OracleSigner, Progress, ServiceEvent } from './domain'
import { startStages } from './epochStagesApart'
import { keySourceOf } from './keySource'
import { openSigner } from './keys'
import { recordCosts } from './pipeline'
import { SendingRight, type ServiceDeps } from './service'
import { EpochStore } from './store'
import { sweepWhenFinal } from './work'

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
  /** computes epochs on a thread of their own, so that this one can answer meanwhile */
  apart?: boolean
  onProgress: (progress: Progress) => void
  signal: AbortSignal
  observe?: Observe
}

/**
 * The one place where adapters are built.
 * @throws WRONG_CHAIN, RPC_FAILED, STORE_LOCKED, STORE_UNREACHABLE, KEY_INVALID, KEY_UNSAFE
 */
export async function compose(config: Config, options: ComposeOptions): Promise<Oracle> {
  const { confirm, apart = false, onProgress, signal } = options
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
    // of several processes on one store, one takes out of the queue what was left there under its name
    const queue = config.natsUrl === undefined ? undefined : await store.lock('work')
    closing.push(() => queue?.release())
    const computing = { ...config, ...(queue && { queueName: await nameIn(config.publishFolder) }) }
    const thread = apart ? startStages(computing, observe) : undefined
    closing.push(() => thread?.close())
    const provider = openRpc(config, observe)
    closing.push(() => provider.destroy())
    const content = openContent(config, observe)
    const shards = thread ? undefined : await openShards(computing, content, observe)
    closing.push(() => shards?.close())
    const { chainId, startBlock, crossCheck } = config
    const reading = { chainId, startBlock, addresses: config, logs: store.logs, crossCheck, observe }
    const chain = await connected(provider, reading, signal)
    const right = new SendingRight()
    const sending = sendingOf({ config, provider, store }, signer, confirm, {
      signal,
      observe,
      permitted: right.expect,
      fees: feesOf(config),
    })
    await thread?.ready()
    const operating = {
      ...(await openComputation(config, content, shards)),
      stages: thread?.stages,
      chain,
      store,
      publishFolder: config.publishFolder,
      oracle: new OracleReader(provider, config),
      lock: async (name: 'poster') => right.take(await store.lock(name)),
      lockHolder: (name: 'poster') => store.lockHolder(name),
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

/** Whoever is asked to stop does not wait for endpoints that have not answered yet. */
async function connected(
  provider: RpcPool,
  options: Parameters<typeof ChainReader.connect>[1],
  signal: AbortSignal,
): Promise<ChainReader> {
  const stop = (): void => provider.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await ChainReader.connect(provider, options)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** What epochs cost this operator, over restarts. */
export const costFile = ({ publishFolder }: Pick<Config, 'publishFolder'>): string =>
  join(publishFolder, 'costs.jsonl')

/** The database alone, migrated. @throws STORE_LOCKED, STORE_UNREACHABLE */
export function openStore({ databaseUrl, storeFolder }: Config): Promise<EpochStore> {
  return EpochStore.open(databaseUrl === undefined ? { folder: storeFolder! } : { url: databaseUrl })
}

/** The endpoints; nothing is asked yet. */
export function openRpc(config: Config, observe: Observe): RpcPool {
  const { rpcUrls: urls, chainId, genesisHash, pollMs, rpcTimeoutMs: timeoutMs } = config
  const genesis = genesisHash === undefined ? {} : { genesisHash: genesisHash as Digest }
  return openProvider({ urls, chainId, ...genesis, pollMs, timeoutMs, observe })
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
