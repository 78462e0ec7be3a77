import { BrowserProvider, JsonRpcSigner, toQuantity } from 'ethers'
import { createProvider } from 'hardhat/internal/core/providers/construction'
import type { HardhatConfig } from 'hardhat/types'

/** What a throw-away chain in this process has in common with the real one. */
export interface ChainImage {
  readonly chainId: bigint
  /** Unix seconds of its first transaction. */
  readonly timestamp: number
  /** The account that sends, and the nonce that it has on the real chain. */
  readonly sender: string
  readonly nonce: number
}

export interface SimulatedChain {
  readonly provider: BrowserProvider
  /** Signs as the sender of the image, which need not be a key of anybody here. */
  readonly signer: JsonRpcSigner
  /** Lets the next block have this time and the sender this nonce. */
  prepare(next: { readonly timestamp?: number; readonly nonce?: number }): Promise<void>
  /** Puts code at an address. */
  setCode(address: string, code: string): Promise<void>
}

/**
 * An empty chain in this process that a plan can be tried on before anything is sent: same chain id, same sender, same
 * nonce, so that contracts get the addresses that they will have. Only its own contracts matter to the system, so
 * that gas and roles are what they will be.
 */
export async function simulatedChain(config: HardhatConfig, image: ChainImage): Promise<SimulatedChain> {
  const { hardhat } = config.networks
  const network = {
    ...hardhat,
    chainId: Number(image.chainId),
    forking: undefined,
    initialDate: new Date((image.timestamp - 10) * 1000).toISOString(),
    accounts: [],
    loggingEnabled: false,
  } as unknown as typeof hardhat
  // Hardhat gives no public way to a second in-process chain; the network of the task stays untouched.
  const eip1193 = await createProvider(
    { ...config, networks: { ...config.networks, hardhat: network } },
    'hardhat',
  )
  const provider = new BrowserProvider(eip1193, Number(image.chainId), { cacheTimeout: -1 })
  await provider.send('hardhat_impersonateAccount', [image.sender])
  await provider.send('hardhat_setBalance', [image.sender, toQuantity(10n ** 24n)])
  const prepare: SimulatedChain['prepare'] = async ({ timestamp, nonce }) => {
    if (timestamp !== undefined) await provider.send('evm_setNextBlockTimestamp', [toQuantity(timestamp)])
    if (nonce !== undefined) await provider.send('hardhat_setNonce', [image.sender, toQuantity(nonce)])
  }
  await prepare({ timestamp: image.timestamp, nonce: image.nonce })
  return {
    provider,
    signer: new JsonRpcSigner(provider, image.sender),
    prepare,
    setCode: async (address, code) => {
      await provider.send('hardhat_setCode', [address, code])
    },
  }
}
