import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { JsonRpcProvider } from 'ethers'
import { DemoError } from './errors'

/** An anvil node on a free port of this machine; blocks final after two more. `stop` leaves no process behind. */
export interface EmbeddedChain {
  url: string
  provider: JsonRpcProvider
  stop(): Promise<void>
}

// A fixed mnemonic and a fixed genesis time: the same seed meets the same addresses and the same roots.
export const MNEMONIC = 'test test test test test test test test test test test junk'
const GENESIS = 1_790_000_000
const PATIENCE_MS = 15_000

export async function startChain(chainId: number, accounts: number): Promise<EmbeddedChain> {
  const port = await freePort()
  const options = ['--port', port, '--chain-id', chainId, '--accounts', accounts, '--mnemonic', MNEMONIC]
  // A block a second beside those of transactions: whoever waits for a receipt that just passed it by sees the next block.
  const mining = ['--mixed-mining', '--block-time', 1]
  const settings = [
    '--timestamp',
    GENESIS,
    '--slots-in-an-epoch',
    1,
    '--hardfork',
    'cancun',
    '--quiet',
    ...mining,
  ]
  const child = spawn(anvilBinary(), [...options, ...settings].map(String), {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // However this process ends, the node ends with it.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))

  const url = `http://127.0.0.1:${port}`
  const provider = new JsonRpcProvider(url, chainId, {
    staticNetwork: true,
    cacheTimeout: -1,
    pollingInterval: 40,
    batchStallTime: 0,
  })
  const stop = async (): Promise<void> => {
    provider.destroy()
    await ended(child)
    process.removeListener('exit', kill)
  }
  const deadline = Date.now() + PATIENCE_MS
  while (!(await answers(url))) {
    if (child.exitCode !== null)
      throw new DemoError('PROCESS_FAILED', { command: 'anvil', code: child.exitCode, output: errors })
    if (Date.now() > deadline) {
      await stop()
      throw new DemoError('NOT_READY', { what: `anvil on port ${port}`, waited: PATIENCE_MS })
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return { url, provider, stop }
}

// The platform's own binary, not the package's wrapper: a wrapper that dies hard would leave the node running.
function anvilBinary(): string {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  return require.resolve(
    `@foundry-rs/anvil-${platform}/bin/anvil${process.platform === 'win32' ? '.exe' : ''}`,
  )
}

async function answers(url: string): Promise<boolean> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
  try {
    return (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).ok
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await exit
  clearTimeout(force)
}
