import { openContentStore } from '@open-datanets/content-store'
import { Attestor, Challenger, ChainReader, openProvider, Poster, Slashing } from './chain'
import type { Config } from './config'
import type { Progress } from './domain'
import { privateKeySigner } from './keys'
import type { Operating } from './pipeline'
import { checkModel, scoreEpoch, toWeights } from './scoring'
import { screen } from './screening'
import { loadKeccak } from './settlement'
import { EpochStore } from './store'

/** Everything that a command works with, built once; `close` releases it in reverse order. */
export interface Oracle {
  config: Config
  operating: Operating
  challenger: Challenger | undefined
  slashing: Slashing | undefined
  /** absent without a key; signing sends nothing */
  attestor: Attestor | undefined
  close(): Promise<void>
}

export interface ComposeOptions {
  /** without it nothing is ever sent, even with a key */
  confirm: boolean
  onProgress: (progress: Progress) => void
  signal: AbortSignal
}

const RPC_TIMEOUT_MS = 15_000

/** The one place where adapters are built. @throws WRONG_CHAIN, RPC_FAILED */
export async function compose(
  config: Config,
  { confirm, onProgress, signal }: ComposeOptions,
): Promise<Oracle> {
  const { chainId, startBlock, operatorKey, pollMs } = config
  const provider = openProvider({ urls: [config.rpcUrl], chainId, pollMs, timeoutMs: RPC_TIMEOUT_MS })
  const store = await EpochStore.open(config.storeFolder)
  const reading = { chainId, startBlock, addresses: config, logs: store.logs }
  const chain = await ChainReader.connect(provider, reading).catch(async error => {
    await store.close()
    provider.destroy()
    throw error
  })
  const operator = operatorKey === undefined ? undefined : privateKeySigner(operatorKey)
  const signer = confirm ? operator : undefined
  return {
    config,
    operating: {
      chain,
      store,
      content: openContentStore(config.contentFolder),
      keccak: await loadKeccak(),
      screen,
      checkModel,
      scoreEpoch,
      toWeights,
      workers: config.workers,
      publishFolder: config.publishFolder,
      poster: signer && new Poster(provider, signer, config, store.outbox, { signal }),
      system: {
        chainId,
        vault: config.rewardVault,
        registry: config.datanetRegistry,
        payments: config.inferencePayments,
      },
      onProgress,
      signal,
    },
    challenger: signer && new Challenger(provider, signer, config, store.outbox, { signal }),
    slashing: signer && new Slashing(provider, signer, config, store.outbox, { signal }),
    attestor: operator && new Attestor(provider, operator, chainId, config),
    async close() {
      await store.close()
      provider.destroy()
    },
  }
}
