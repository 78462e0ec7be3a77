import { JsonRpcProvider } from 'ethers'
import { writeSync } from 'node:fs'
import { ethersChain, Sender, type FeeRules } from '../../../src/chain'
import { privateKeySigner } from '../../../src/keys'
import { EpochStore } from '../../../src/store'

/** What the test tells its child, as JSON in the first argument. */
export interface KilledRun {
  url: string
  /** of the store */
  folder: string
  key: string
  to: string
  bumpAfterMs: number
  /** the process kills itself before this call of a port: the chain, the signer or the outbox */
  killBefore: { nth: number } | { call: string }
}

const PATIENCE_MS = 20_000

async function main(): Promise<void> {
  const run = JSON.parse(process.argv[2]!) as KilledRun
  const provider = new JsonRpcProvider(run.url, 31337, { staticNetwork: true, pollingInterval: 20 })
  const store = await EpochStore.open(run.folder)
  let calls = 0
  const step = (name: string): void => {
    const { killBefore } = run
    const here = 'call' in killBefore ? killBefore.call === name : killBefore.nth === calls
    calls++
    if (!here) return
    writeSync(1, name)
    process.kill(process.pid, 'SIGKILL')
  }
  const watched = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown => {
          step(String(name))
          const answer: unknown = Reflect.apply(member, target, args)
          const after = `after ${String(name)}`
          return answer instanceof Promise ? answer.finally(() => step(after)) : answer
        }
      },
    })
  const fees: FeeRules = {
    maxFeePerGas: 200n * 10n ** 9n,
    bumpFactor: 1.2,
    bumpAfterMs: run.bumpAfterMs,
    attempts: 5,
  }
  const ports = [ethersChain(provider), privateKeySigner(run.key), store.outbox].map(watched)
  const [chain, signer, outbox] = ports as [
    ReturnType<typeof ethersChain>,
    ReturnType<typeof privateKeySigner>,
    EpochStore['outbox'],
  ]
  const sender = new Sender(chain, signer, outbox, { fees, waitMs: PATIENCE_MS })
  const request = () => Promise.resolve({ to: run.to, value: 1n })
  await sender.send({ epoch: 1, action: 'pay', request })
  await store.close()
  provider.destroy()
}

void main()
