import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { HDNodeWallet, JsonRpcProvider, Mnemonic } from 'ethers'

const MNEMONIC = Mnemonic.fromPhrase('test test test test test test test test test test test junk')

export interface Anvil {
  provider: JsonRpcProvider
  account(index: number): HDNodeWallet
  stop(): Promise<void>
}

/** A real node on a free port whose finalized block lags two blocks behind. */
export async function startAnvil(): Promise<Anvil> {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const binary = join(require.resolve(`@foundry-rs/anvil-${platform}/package.json`), '../bin/anvil')
  const args = ['--port', '0', '--hardfork', 'cancun', '--slots-in-an-epoch', '1']
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise(resolve => child.once('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`anvil ended with code ${code}`)))
    createInterface(child.stdout).on('line', line => {
      const address = /Listening on (\S+)/.exec(line)?.[1]
      if (address) resolve(`http://${address}`)
    })
  })
  const provider = new JsonRpcProvider(url, undefined, {
    cacheTimeout: -1,
    pollingInterval: 20,
    staticNetwork: true,
  })
  return {
    provider,
    account: index => HDNodeWallet.fromMnemonic(MNEMONIC, `m/44'/60'/0'/0/${index}`).connect(provider),
    async stop() {
      provider.destroy()
      child.kill()
      await exited
    },
  }
}
