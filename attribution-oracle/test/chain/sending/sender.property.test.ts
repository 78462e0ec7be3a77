import { expect } from 'chai'
import { Transaction, Wallet } from 'ethers'
import fc from 'fast-check'
import { Sender, type FeeRules } from '../../../src/chain'
import type { Outbox } from '../../../src/domain'
import { AttributionOracleError } from '../../../src/errors'
import { privateKeySigner } from '../../../src/keys'
import { memoryOutbox } from '../../../src/store'
import { ModelChain } from './modelChain'

const RUNS = Number(process.env['FAST_CHECK_RUNS'] ?? 150)
const GWEI = 10n ** 9n
const KEYS = [0, 1] as const
const TO = [`0x${'11'.repeat(20)}`, `0x${'22'.repeat(20)}`] as const
const FOREIGN = `0x${'99'.repeat(20)}`
const FEES: FeeRules = { maxFeePerGas: 200n * GWEI, bumpFactor: 1.2, bumpAfterMs: 100, attempts: 4 }
const PRIVATE_KEY = `0x${'42'.repeat(32)}`
/** What a killed process leaves: nothing but the outbox and the chain. */
class Killed extends Error {}

type Step =
  | { step: 'send'; key: 0 | 1 }
  | { step: 'crash' | 'fail'; calls: number; after: boolean }
  | { step: 'mine' | 'drop' | 'late' | 'turn' }
  | { step: 'anySeen'; choice: number }
  | { step: 'baseFee'; gwei: number }
  | { step: 'foreign'; gwei: number; mined: boolean }
  | { step: 'lag'; blocks: number }
  | { step: 'reorganise'; depth: number; lost: boolean }
  | { step: 'rewrite'; choices: number[] }
  | { step: 'meanwhile'; calls: number; blocks: number }

const send = fc.record({ step: fc.constant('send' as const), key: fc.constantFrom(...KEYS) })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: send },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constantFrom('crash' as const, 'fail' as const),
      calls: fc.nat(24),
      after: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constantFrom('mine' as const, 'drop' as const, 'late' as const, 'turn' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('anySeen' as const), choice: fc.nat(9) }) },
  fc.record({ step: fc.constant('baseFee' as const), gwei: fc.integer({ min: 1, max: 300 }) }),
  fc.record({
    step: fc.constant('foreign' as const),
    gwei: fc.integer({ min: 1, max: 300 }),
    mined: fc.boolean(),
  }),
  fc.record({ step: fc.constant('lag' as const), blocks: fc.nat(3) }),
  fc.record({
    step: fc.constant('reorganise' as const),
    depth: fc.integer({ min: 1, max: 3 }),
    lost: fc.boolean(),
  }),
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('rewrite' as const),
      choices: fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('meanwhile' as const),
      calls: fc.nat(24),
      blocks: fc.integer({ min: 1, max: 5 }),
    }),
  },
)

/** Two actions of one operator on a hostile chain that would pay every one of their transactions. */
class World {
  private readonly outbox: Outbox = memoryOutbox()
  private readonly wallet = new Wallet(PRIVATE_KEY)
  private readonly signer = privateKeySigner(PRIVATE_KEY)
  readonly chain = new ModelChain(() => this.pointless)
  private pointless = false
  private time = 1_800_000_000_000
  private sender = this.start()

  async take(one: Step): Promise<void> {
    const { chain } = this
    switch (one.step) {
      case 'send':
        await this.send(one.key)
        return
      case 'crash':
      case 'fail':
        chain.failIn = { calls: one.calls, after: one.after, fault: one.step === 'fail' ? failed : killed }
        return
      case 'mine':
        return chain.mine()
      case 'anySeen':
        return chain.mineAnySeen(one.choice)
      case 'drop':
        return chain.dropAll()
      case 'late':
        this.time += FEES.bumpAfterMs
        return
      case 'turn':
        this.pointless = !this.pointless
        return
      case 'baseFee':
        chain.baseFee = BigInt(one.gwei) * GWEI
        return
      case 'foreign':
        chain.take(await this.foreign(BigInt(one.gwei) * GWEI))
        if (one.mined) chain.mine()
        return
      case 'lag':
        chain.lag = one.blocks
        return
      case 'reorganise':
        return chain.reorganise(one.depth, one.lost)
      case 'rewrite':
        return chain.rewrite(one.choices)
      case 'meanwhile':
        chain.meanwhile = { calls: one.calls, move: () => this.mine(one.blocks) }
    }
  }

  private mine(blocks: number): void {
    for (let i = 0; i < blocks; i++) this.chain.mine()
  }

  /** Sends once and waits for nothing. @returns whether it is mined */
  async send(key: 0 | 1): Promise<boolean> {
    const call = { to: TO[key], value: 1n, data: '0x' }
    const request = async () => {
      await this.chain.simulate('', call)
      return call
    }
    try {
      await this.sender.send({ epoch: 1, action: `pay ${key}`, request })
      return true
    } catch (error) {
      if (error instanceof Killed) this.sender = this.start()
      else if (!(error instanceof AttributionOracleError)) throw error
      return false
    }
  }

  /** The world turns kind: the same code has to come to an end now. */
  calm(): void {
    this.chain.failIn = undefined
    this.chain.meanwhile = undefined
    this.chain.baseFee = GWEI
    this.chain.lag = 0
    this.pointless = false
  }

  expectOncePaid(): void {
    const paid = this.chain.minedTransactions().map(({ to }) => to)
    for (const key of KEYS) {
      expect(paid.filter(to => to === TO[key]).length, `payments of key ${key}`).to.be.at.most(1)
    }
  }

  private start(): Sender {
    const now = (): number => this.time
    return new Sender(this.chain, this.signer, this.outbox, { fees: FEES, waitMs: 0, now })
  }

  private async foreign(maxFeePerGas: bigint): Promise<Transaction> {
    const fees = { maxFeePerGas, maxPriorityFeePerGas: 1n, gasLimit: 21_000n }
    const call = { to: FOREIGN, chainId: 31337n, nonce: this.chain.count(), type: 2 }
    return Transaction.from(await this.wallet.signTransaction({ ...call, ...fees }))
  }
}

const killed = (): Killed => new Killed('killed')
const failed = (): AttributionOracleError =>
  new AttributionOracleError('RPC_FAILED', { what: 'no answer' }, { method: 'any', cause: 'none' })

describe('Sender, on a hostile model chain', () => {
  it('never has two transactions of one key mined, and always comes to an end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async steps => {
        const world = new World()
        for (const one of steps) {
          await world.take(one)
          world.expectOncePaid()
        }
        world.calm()
        const done = new Set<number>()
        for (let round = 0; round < 40 && done.size < KEYS.length; round++) {
          for (const key of KEYS) if (await world.send(key)) done.add(key)
          await world.take({ step: 'late' })
          await world.take({ step: 'mine' })
          world.expectOncePaid()
        }
        expect([...done].sort(), 'mined in the end').to.deep.equal([...KEYS])
      }),
      { numRuns: RUNS },
    )
  })
})
