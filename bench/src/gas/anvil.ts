import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { HDNodeWallet, JsonRpcProvider, type ContractTransactionResponse } from 'ethers'

const MNEMONIC = 'test test test test test test test test test test test junk'
export const CHAIN_ID = 31337

/** A node of its own on a free port. Gas is counted and costs nothing, so that any account may send. */
export interface Anvil {
  readonly provider: JsonRpcProvider
  account(index: number): HDNodeWallet
  /** Moves the clock on. */
  pass(seconds: number): Promise<void>
  /** Does the work and takes back whatever it did to the chain. */
  undoing<T>(work: () => Promise<T>): Promise<T>
  stop(): Promise<void>
}

// Every transaction is mined at once. The blocks in between are for ethers: a receipt that it misses by a moment is
// looked for again only when another block comes.
const MINING = ['--mixed-mining', '--block-time', '1']
const FEES = ['--gas-price', '0', '--block-base-fee-per-gas', '0', '--disable-block-gas-limit']
const ACCOUNTS = ['--accounts', '20', '--mnemonic', MNEMONIC, '--auto-impersonate']

export async function startAnvil(): Promise<Anvil> {
  // The platform's own binary, not the package's wrapper: a wrapper that dies would leave the node running.
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const binary = require.resolve(`@foundry-rs/anvil-${platform}/bin/anvil`)
  const settings = [...MINING, ...FEES, ...ACCOUNTS, '--hardfork', 'cancun', '--chain-id', String(CHAIN_ID)]
  const child = spawn(binary, ['--port', '0', ...settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise(resolve => child.once('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`anvil ended with code ${code}`)))
    createInterface(child.stdout).on('line', line => {
      const address = /Listening on (\S+)/.exec(line)?.[1]
      if (address) resolve(`http://${address}`)
    })
  })
  const provider = new JsonRpcProvider(url, CHAIN_ID, {
    cacheTimeout: -1,
    pollingInterval: 10,
    staticNetwork: true,
  })
  const root = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0")
  return {
    provider,
    account: index => root.deriveChild(index).connect(provider),
    async pass(seconds) {
      await provider.send('evm_increaseTime', [seconds])
      await provider.send('evm_mine', [])
    },
    async undoing(work) {
      const before = (await provider.send('evm_snapshot', [])) as string
      const result = await work()
      await provider.send('evm_revert', [before])
      return result
    },
    async stop() {
      provider.destroy()
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** The gas of a whole transaction: 21,000 and the call data included. */
export async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
  const receipt = await (await sent).wait()
  return Number(receipt!.gasUsed)
}
