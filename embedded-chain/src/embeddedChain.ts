import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { HDNodeWallet, JsonRpcSigner, type JsonRpcProvider } from 'ethers'
import { Blocks } from './blocks'
import { ChainProvider } from './chainProvider'
import { EmbeddedChainError } from './errors'

/** The node's accounts come from it, so that they are the same in every run. */
export const MNEMONIC = 'test test test test test test test test test test test junk'

const CHAIN_ID = 31337
const PATIENCE_MS = 3_000
/** State is read at so many blocks back; up to 1 MB each on disk. */
const OLD_STATES = 1_000
/** 1 ETH in wei. */
const ETHER = '0xde0b6b3a7640000'

export type Hardfork = 'cancun' | 'osaka'

export interface ChainOptions {
  /** More arguments of anvil. */
  args?: readonly (string | number)[]
  /** The rules that gas is counted by. Default cancun. */
  hardfork?: Hardfork
  /** Milliseconds between looks for a new block. Default 20. */
  pollMs?: number
  /** Default 0: any that is free. */
  port?: number
}

/** An anvil node of its own on a free port of this machine. */
export interface EmbeddedChain {
  readonly url: string
  readonly provider: JsonRpcProvider
  /** A funded account. */
  account(index: number): HDNodeWallet
  /** Sends as any address, a contract's included, without its key: this chain asks for none. */
  impersonate(address: string): Promise<JsonRpcSigner>
  mine(blocks: number): Promise<void>
  /** Replaces the newest blocks by empty ones. What stood in them is gone; what is sent meanwhile waits for the next block. */
  reorganise(depth: number): Promise<void>
  /** Moves the clock on and mines a block. */
  pass(seconds: number | bigint): Promise<void>
  /** Ends the node and leaves no process behind. */
  stop(): Promise<void>
}

/**
 * Starts a node (chain id 31337) that mines every transaction at once.
 * @throws EmbeddedChainError when it ends instead of listening
 */
export async function startChain({
  args = [],
  hardfork = 'cancun',
  pollMs = 20,
  port = 0,
}: ChainOptions = {}): Promise<EmbeddedChain> {
  const states = mkdtempSync(join(tmpdir(), `embedded-chain-${process.pid}-`))
  const settings = [
    '--cache-path',
    states,
    '--max-persisted-states',
    OLD_STATES,
    '--port',
    port,
    '--hardfork',
    hardfork,
    '--chain-id',
    CHAIN_ID,
    '--mnemonic',
    MNEMONIC,
    ...args,
  ]
  const child = spawn(anvilBinary(), settings.map(String), { stdio: ['ignore', 'pipe', 'pipe'] })
  const forget = (): void => rmSync(states, { recursive: true, force: true })
  // However this process ends, the node ends with it, and leaves nothing on disk.
  const kill = (): void => {
    child.kill('SIGKILL')
    forget()
  }
  process.once('exit', kill)
  const url = await listening(child)
  const provider = new ChainProvider(url, CHAIN_ID, {
    staticNetwork: true,
    cacheTimeout: -1,
    pollingInterval: pollMs,
    batchStallTime: 0,
  })
  const root = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0")
  const blocks = new Blocks(provider)
  return {
    url,
    provider,
    account: index => root.deriveChild(index).connect(provider),
    async impersonate(address) {
      await provider.send('anvil_impersonateAccount', [address])
      await provider.send('anvil_setBalance', [address, ETHER])
      return new JsonRpcSigner(provider, address)
    },
    mine: count => blocks.mine(count),
    reorganise: depth => blocks.reorganise(depth),
    async pass(seconds) {
      await provider.send('evm_increaseTime', [Number(seconds)])
      await blocks.mine(1)
    },
    async stop() {
      provider.destroy()
      await ended(child)
      forget()
      process.removeListener('exit', kill)
    },
  }
}

// The platform's own binary, not the package's wrapper: a wrapper that dies hard would leave the node running.
function anvilBinary(): string {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  return require.resolve(
    `@foundry-rs/anvil-${platform}/bin/anvil${process.platform === 'win32' ? '.exe' : ''}`,
  )
}

function listening(child: ChildProcess): Promise<string> {
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new EmbeddedChainError({ code, complaint })))
    createInterface(child.stdout!).on('line', line => {
      const address = /Listening on (\S+)/.exec(line)?.[1]
      if (address !== undefined) resolve(`http://${address}`)
    })
  })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await exit
  clearTimeout(force)
}
