import { expect } from 'chai'
import fc from 'fast-check'
import { setTimeout as sleep } from 'node:timers/promises'
import { ethersChain, Sender, type SendingChain } from '../../../src/chain'
import type { OracleSigner, Outbox } from '../../../src/domain'
import { AttributionOracleError } from '../../../src/errors'
import { privateKeySigner } from '../../../src/keys'
import { memoryOutbox } from '../../../src/store'
import { GWEI, IMPATIENT, SendingScene } from './scene'

const RUNS = Number(process.env['ANVIL_RUNS'] ?? 12)
const HAD_ITS_TIME_MS = 3

type Step =
  | { step: 'send' | 'mine' | 'drop' }
  | { step: 'crash' | 'fail'; calls: number; after: boolean }
  | { step: 'baseFee' | 'foreign'; gwei: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ step: 'send' as const }) },
  fc.constant({ step: 'mine' as const }),
  fc.constant({ step: 'drop' as const }),
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constantFrom('crash' as const, 'fail' as const),
      calls: fc.nat(20),
      after: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constantFrom('baseFee' as const, 'foreign' as const),
      gwei: fc.integer({ min: 1, max: 250 }),
    }),
  },
)

class Killed extends Error {}

/** Ports of which one call throws, before or after it did its work. */
class FaultyPorts {
  next: { calls: number; after: boolean; fault: Error } | undefined

  around<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => this.call(() => Reflect.apply(member, target, args) as unknown)
      },
    })
  }

  private async call(work: () => unknown): Promise<unknown> {
    if (!this.next || this.next.calls-- > 0) return work()
    const { after, fault } = this.next
    this.next = undefined
    if (after) await work()
    throw fault
  }
}

describe('Sender, through random faults on a real node', () => {
  let scene: SendingScene
  before(async () => {
    scene = await SendingScene.start()
  })
  after(() => scene?.anvil.stop())

  /** One look, that bumps whatever is there. @returns whether it is mined */
  const look = async (chain: SendingChain, signer: OracleSigner, outbox: Outbox): Promise<boolean> => {
    const sender = new Sender(chain, signer, outbox, { fees: IMPATIENT, waitMs: 0 })
    try {
      await sender.send(scene.plan())
      return true
    } catch (error) {
      if (error instanceof Killed || error instanceof AttributionOracleError) return false
      throw error
    }
  }

  const take = async (one: Step, ports: FaultyPorts, send: () => Promise<boolean>): Promise<void> => {
    const { provider } = scene.anvil
    switch (one.step) {
      case 'send':
        await sleep(HAD_ITS_TIME_MS)
        await send()
        return
      case 'mine':
        return scene.mine()
      case 'drop':
        await provider.send('anvil_dropAllTransactions', [])
        return
      case 'crash':
      case 'fail':
        ports.next = { ...one, fault: one.step === 'crash' ? new Killed('killed') : noAnswer() }
        return
      case 'baseFee':
        return scene.raiseBaseFee(BigInt(one.gwei) * GWEI)
      case 'foreign': {
        const nonce = await provider.getTransactionCount(scene.wallet.address)
        // the node may refuse it: too cheap for the block, or for what is there
        await scene.foreign(nonce, BigInt(one.gwei)).catch(() => undefined)
      }
    }
  }

  it('has exactly one transaction mined in the end, and never two', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20 }), async steps => {
        await scene.newKey()
        const ports = new FaultyPorts()
        const [chain, signer, outbox] = [
          ports.around(ethersChain(scene.anvil.provider)),
          ports.around(privateKeySigner(scene.wallet.privateKey)),
          ports.around(memoryOutbox()),
        ]
        for (const one of steps) {
          await take(one, ports, () => look(chain, signer, outbox))
          expect((await scene.paid()) <= 1n).to.equal(true)
        }
        ports.next = undefined
        let done = false
        for (let round = 0; round < 40 && !done; round++) {
          await scene.raiseBaseFee(GWEI)
          await scene.mine()
          await sleep(HAD_ITS_TIME_MS)
          done = await look(chain, signer, outbox)
        }
        expect([done, await scene.paid()]).to.deep.equal([true, 1n])
      }),
      { numRuns: RUNS },
    )
  })
})

function noAnswer(): AttributionOracleError {
  return new AttributionOracleError('RPC_FAILED', { what: 'gone' }, { method: 'any', cause: 'gone' })
}
