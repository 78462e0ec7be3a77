import { expect } from 'chai'
import { Transaction, Wallet } from 'ethers'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ethersChain, Sender, type FeeRules } from '../../../src/chain'
import type { OutboxEntry } from '../../../src/domain'
import { privateKeySigner } from '../../../src/keys'
import { EpochStore } from '../../../src/store'
import { startAnvil, type Anvil } from '../../scene/anvil'
import type { KilledRun } from './killedChild'
import { hex, IMPATIENT, PATIENT } from './scene'

const CHILD = join(__dirname, 'killedChild.ts')
/** Children at a time: the machine has other work. */
const AT_ONCE = 3
const GWEI = 10n ** 9n
/** What a first send does, each kind once; what is after one of them is before the next. */
const FIRST_SEND = [
  'unfinished',
  'signTransaction',
  'record',
  'after record',
  'broadcast',
  'mined',
  'resolve',
]

interface Actor {
  folder: string
  wallet: Wallet
  to: string
}

describe('Sender, killed with SIGKILL', () => {
  let anvil: Anvil
  let root: string

  before(async () => {
    anvil = await startAnvil()
    root = await mkdtemp(join(tmpdir(), 'oracle-killed-'))
  })
  after(async () => {
    await anvil?.stop()
    await rm(root, { recursive: true, force: true })
  })

  /** A funded key with a store of its own. */
  const actor = async (name: string): Promise<Actor> => {
    const wallet = new Wallet(Wallet.createRandom().privateKey, anvil.provider)
    await anvil.provider.send('anvil_setBalance', [wallet.address, hex(10n ** 20n)])
    return { folder: join(root, name), wallet, to: Wallet.createRandom().address }
  }

  /** Runs the child until it kills itself. @returns before which call; undefined when it came to its end */
  const killed = async (
    { folder, wallet, to }: Actor,
    killBefore: KilledRun['killBefore'],
    { bumpAfterMs }: FeeRules,
  ): Promise<string | undefined> => {
    const run: KilledRun = { url: anvil.url, folder, key: wallet.privateKey, to, bumpAfterMs, killBefore }
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', CHILD, JSON.stringify(run)])
    let [said, complaint] = ['', '']
    child.stdout.on('data', (part: Buffer) => (said += part.toString()))
    child.stderr.on('data', (part: Buffer) => (complaint += part.toString()))
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    expect([code, signal], complaint).to.deep.equal(said === '' ? [0, null] : [null, 'SIGKILL'])
    return said === '' ? undefined : said
  }

  /** Starts again on what the dead process left, and goes on to the end. */
  const resumed = async ({ folder, wallet, to }: Actor, fees: FeeRules): Promise<OutboxEntry> => {
    const store = await EpochStore.open(folder)
    try {
      const signer = privateKeySigner(wallet.privateKey)
      const sender = new Sender(ethersChain(anvil.provider), signer, store.outbox, { fees, waitMs: 60_000 })
      const request = () => Promise.resolve({ to, value: 1n })
      await sender.send({ epoch: 1, action: 'pay', request })
      expect(await anvil.provider.getBalance(to)).to.equal(1n)
      expect(await anvil.provider.getTransactionCount(wallet.address)).to.equal(1)
      return (await store.outbox.find(1, 'pay'))!
    } finally {
      await store.close()
    }
  }

  it('before every kind of step of a first send, goes on to exactly one mined transaction', async () => {
    for (let i = 0; i < FIRST_SEND.length; i += AT_ONCE) {
      const batch = FIRST_SEND.slice(i, i + AT_ONCE).map(async call => {
        const payer = await actor(`first-${call}`)
        expect(await killed(payer, { call }, PATIENT)).to.equal(call)
        expect((await resumed(payer, PATIENT)).tries.length).to.equal(1)
      })
      await Promise.all(batch)
    }
  }).timeout(240_000)

  // minutes, so only when it is asked for
  it('before and after every single step of a first send', async function () {
    if (process.env['EVERY_STEP'] !== '1') return this.skip()
    const points: string[] = []
    for (let nth = 0, ended = false; !ended; nth += AT_ONCE) {
      const batch = Array.from({ length: AT_ONCE }, async (_, i) => {
        const payer = await actor(`every-${nth + i}`)
        const point = await killed(payer, { nth: nth + i }, PATIENT)
        if (point === undefined) ended = true
        else points.push(point)
        expect((await resumed(payer, PATIENT)).tries.length).to.equal(1)
        await rm(payer.folder, { recursive: true, force: true })
      })
      await Promise.all(batch)
    }
    expect(points).to.include.members(FIRST_SEND)
    console.log(`      killed at ${points.length} points`)
  }).timeout(600_000)

  it('around every write and send of a replacement, goes on to exactly one mined transaction', async () => {
    const { provider } = anvil
    await provider.send('evm_setAutomine', [false])
    const calls = ['signTransaction', 'retry', 'broadcast', 'after broadcast']
    const payers = await Promise.all(calls.map((_, i) => actor(`second-${i}`)))
    for (const payer of payers) await stuck(payer)
    await provider.send('anvil_setNextBlockBaseFeePerGas', [hex(20n * GWEI)])
    await anvil.mine(1)
    const mining = setInterval(() => void anvil.mine(1).catch(() => undefined), 500)
    try {
      for (let i = 0; i < calls.length; i += AT_ONCE) {
        const batch = calls.slice(i, i + AT_ONCE).map(async (call, j) => {
          const payer = payers[i + j]!
          expect(await killed(payer, { call }, IMPATIENT)).to.equal(call)
          const { tries } = await resumed(payer, IMPATIENT)
          expect(tries.length).to.be.greaterThan(1)
          expect(new Set(tries.map(({ raw }) => Transaction.from(raw).nonce))).to.deep.equal(new Set([0]))
        })
        await Promise.all(batch)
      }
    } finally {
      clearInterval(mining)
      await provider.send('evm_setAutomine', [true])
    }
  }).timeout(240_000)

  /** Leaves a transaction in the mempool that the next base fee keeps there. */
  const stuck = async ({ folder, wallet, to }: Actor): Promise<void> => {
    const store = await EpochStore.open(folder)
    const signer = privateKeySigner(wallet.privateKey)
    const sender = new Sender(ethersChain(anvil.provider), signer, store.outbox, { fees: PATIENT, waitMs: 0 })
    const request = () => Promise.resolve({ to, value: 1n })
    await sender.send({ epoch: 1, action: 'pay', request }).catch(() => undefined)
    expect((await store.outbox.find(1, 'pay'))?.state).to.equal('pending')
    await store.close()
  }
})
