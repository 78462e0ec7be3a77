import { Transaction, Wallet, type HDNodeWallet } from 'ethers'
import { ethersChain, Sender, type FeeRules, type Plan, type SendOptions } from '../../../src/chain'
import type { Outbox, ServiceEvent } from '../../../src/domain'
import { isFault, type AttributionOracleError, type FaultCode } from '../../../src/errors'
import { privateKeySigner } from '../../../src/keys'
import { startAnvil, type Anvil } from '../../scene/anvil'

export const GWEI = 10n ** 9n

/** Pushes at every look, so that no test waits for a clock. */
export const IMPATIENT: FeeRules = {
  maxFeePerGas: 200n * GWEI,
  bumpFactor: 1.2,
  bumpAfterMs: 1,
  attempts: 5,
}
/** Never replaces anything by itself. */
export const PATIENT: FeeRules = { ...IMPATIENT, bumpAfterMs: 3_600_000 }

/** A node that mines when it is told to, and a new funded key for every test. */
export class SendingScene {
  events: ServiceEvent[] = []
  /** whom the plan pays; nobody else does */
  to = ''

  private constructor(
    readonly anvil: Anvil,
    public wallet: Wallet,
  ) {}

  static async start(): Promise<SendingScene> {
    const anvil = await startAnvil()
    await anvil.provider.send('evm_setAutomine', [false])
    const scene = new SendingScene(anvil, new Wallet(Wallet.createRandom().privateKey))
    await scene.newKey()
    return scene
  }

  async newKey(): Promise<void> {
    const { provider } = this.anvil
    await provider.send('anvil_dropAllTransactions', [])
    await provider.send('anvil_setNextBlockBaseFeePerGas', [hex(GWEI)])
    await this.mine()
    this.events = []
    this.to = Wallet.createRandom().address
    this.wallet = new Wallet(Wallet.createRandom().privateKey, provider)
    await provider.send('anvil_setBalance', [this.wallet.address, hex(10n ** 20n)])
  }

  sender(outbox: Outbox, options: SendOptions = {}): Sender {
    const observe = (event: ServiceEvent): void => void this.events.push(event)
    const signer = privateKeySigner(this.wallet.privateKey)
    const chain = ethersChain(this.anvil.provider)
    return new Sender(chain, signer, outbox, { fees: PATIENT, waitMs: 0, observe, ...options })
  }

  /** Pays one wei. */
  plan(more: Partial<Plan> = {}): Plan {
    return {
      epoch: 1,
      action: 'pay',
      request: () => Promise.resolve({ to: this.to, value: 1n }),
      ...more,
    }
  }

  async mine(blocks = 1): Promise<void> {
    await this.anvil.mine(blocks)
  }

  async raiseBaseFee(wei: bigint): Promise<void> {
    await this.anvil.provider.send('anvil_setNextBlockBaseFeePerGas', [hex(wei)])
  }

  drop(hash: string): Promise<unknown> {
    return this.anvil.provider.send('anvil_dropTransaction', [hash])
  }

  /** Somebody with the same key sends something else. */
  async foreign(nonce: number, gwei: bigint, wallet: Wallet | HDNodeWallet = this.wallet): Promise<string> {
    const fees = { maxFeePerGas: gwei * GWEI, maxPriorityFeePerGas: gwei * GWEI }
    const request = { to: this.anvil.account(9).address, value: 7n, nonce, gasLimit: 21_000n }
    const raw = await wallet.signTransaction({ ...request, ...fees, type: 2, chainId: 31337 })
    await this.anvil.provider.send('eth_sendRawTransaction', [raw])
    return Transaction.from(raw).hash!
  }

  /** What the recipient of the plan has: one wei for every transaction of it that was ever mined. */
  paid(): Promise<bigint> {
    return this.anvil.provider.getBalance(this.to)
  }

  results(): string[] {
    return this.events.flatMap(event => (event.kind === 'transaction' ? [event.result] : []))
  }
}

export function hex(value: bigint): string {
  return `0x${value.toString(16)}`
}

/** The fault of a run, which must have one with this code. */
export async function faultOf<C extends FaultCode>(
  run: Promise<unknown>,
  code: C,
): Promise<AttributionOracleError<C>> {
  const outcome = await run.then(
    value => value,
    (error: unknown) => error,
  )
  if (isFault(outcome, code)) return outcome
  throw outcome instanceof Error ? outcome : new TypeError(`no ${code} but ${String(outcome)}`)
}
