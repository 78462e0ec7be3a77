import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Anvil {
  readonly url: string
  stop(): Promise<void>
}

/** A node of its own on a free port. The binary is started itself: ending npm's launcher would leave it running. */
export async function startAnvil(...options: string[]): Promise<Anvil> {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const binary = join(require.resolve(`@foundry-rs/anvil-${platform}/package.json`), '../bin/anvil')
  const child = spawn(binary, ['--port', '0', '--hardfork', 'cancun', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise(resolve => child.once('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`anvil ended with ${code}`)))
    createInterface(child.stdout).on('line', line => {
      const address = /Listening on (\S+)/.exec(line)?.[1]
      if (address !== undefined) resolve(`http://${address}`)
    })
  })
  return {
    url,
    async stop() {
      child.kill()
      await exited
    },
  }
}
