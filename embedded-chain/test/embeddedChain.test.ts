import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Block } from 'ethers'
import { EmbeddedChainError, MNEMONIC, startChain, type EmbeddedChain } from '../src'

/** How many nodes this process has started and not ended. */
const nodes = (): number =>
  execFileSync('ps', ['-A', '-o', 'ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.trim().startsWith(`${process.pid} `) && line.includes(MNEMONIC)).length

describe('startChain', () => {
  let chain: EmbeddedChain
  beforeEach(
    async () => void (chain = await startChain({ args: ['--slots-in-an-epoch', 1, '--accounts', 12] })),
  )
  afterEach(() => chain.stop())

  const blockAt = async (number: number): Promise<Block> => {
    const block = await chain.provider.getBlock(number)
    expect(block, `block ${number}`).to.not.equal(null)
    return block!
  }

  it('gives an empty chain with funded accounts', async () => {
    expect((await chain.provider.getNetwork()).chainId).to.equal(31337n)
    expect(await chain.provider.getBlockNumber()).to.equal(0)
    const accounts = (await chain.provider.send('eth_accounts', [])) as string[]
    expect(accounts.length).to.equal(12)
    expect(accounts[11]).to.equal(chain.account(11).address.toLowerCase())
    expect((await chain.provider.getBalance(chain.account(11))) > 10n ** 18n).to.equal(true)
  })

  it('calls a block final after two more', async () => {
    await chain.mine(5)
    expect((await chain.provider.getBlock('finalized'))?.number).to.equal(3)
  })

  it('moves its clock', async () => {
    const before = (await chain.provider.getBlock('latest'))!.timestamp
    await chain.pass(86_400)
    expect((await chain.provider.getBlock('latest'))!.timestamp).to.be.at.least(before + 86_400)
  })

  it('replaces its newest blocks and keeps the others whole, whatever is sent and mined meanwhile', async function () {
    this.timeout(20_000)
    const send = (index: number): Promise<unknown> =>
      chain.provider.send('eth_sendTransaction', [
        { from: chain.account(index).address, to: chain.account(9).address, value: '0x1' },
      ])
    for (let round = 0; round < 60; round++) {
      await chain.mine(3)
      const before = await blockAt((await chain.provider.getBlockNumber()) - 2)
      const meanwhile = [0, 1, 2].map(index => sleep((7 * round + 4 * index) % 12).then(() => send(index)))
      await sleep(round % 12)
      await Promise.all([chain.reorganise(1 + (round % 2)), chain.mine(1), ...meanwhile])
      const head = await chain.provider.getBlockNumber()
      for (let number = before.number + 1, last = before; number <= head; number++) {
        const block = await blockAt(number)
        expect(block.parentHash, `block ${number} in round ${round}`).to.equal(last.hash)
        last = block
      }
    }
  })

  it('says that a transaction is mined, though its block is the first that is looked at and none comes after it', async () => {
    const { provider } = chain
    await provider.send('evm_setAutomine', [false])
    const sent = await chain.account(0).sendTransaction({ to: chain.account(1), value: 1n })
    const now = provider.getBlockNumber.bind(provider)
    let looks = 0
    let release!: () => void
    const released = new Promise<void>(resolve => (release = resolve))
    // the first is by whoever waits, the others are to find out which blocks are new
    provider.getBlockNumber = async () => {
      if (++looks > 1) await released
      return now()
    }
    const waiting = sent.wait()
    while (looks < 2) await sleep(1)
    await sleep(50)
    await chain.mine(1)
    release()
    expect((await waiting)?.status).to.equal(1)
  })

  it('sends as any address, without its key', async () => {
    const address = '0x00000000000000000000000000000000000000c0'
    const sender = await chain.impersonate(address)
    const receipt = await (await sender.sendTransaction({ to: chain.account(1), value: 1n })).wait()
    expect(receipt!.from.toLowerCase()).to.equal(address)
  })

  it('counts gas by the rules of a hardfork', async () => {
    const later = await startChain({ hardfork: 'osaka' })
    // calldata has a floor there: forty gas a byte
    const data = `0x${'ff'.repeat(1000)}`
    const gasOf = async ({ account }: EmbeddedChain): Promise<bigint> => {
      const sent = await account(0).sendTransaction({ to: account(1), data, gasLimit: 200_000 })
      return (await sent.wait())!.gasUsed
    }
    try {
      expect([await gasOf(chain), await gasOf(later)]).to.deep.equal([21_000n + 16_000n, 21_000n + 40_000n])
    } finally {
      await later.stop()
    }
  })

  it('stands beside another one, and stop leaves no process and no open port, however often it is called', async () => {
    const second = await startChain()
    expect(second.url).to.not.equal(chain.url)
    expect(nodes()).to.equal(2)
    await second.stop()
    await second.stop()
    expect(nodes()).to.equal(1)
    const answer = await fetch(second.url).then(
      () => 'an answer',
      (error: Error) => error.message,
    )
    expect(answer).to.equal('fetch failed')
    expect(await chain.provider.send('eth_chainId', [])).to.equal('0x7a69')
  })

  it('keeps old states in a folder of its own, which goes with it', async () => {
    const folders = (): string[] =>
      readdirSync(tmpdir()).filter(name => name.startsWith(`embedded-chain-${process.pid}-`))
    const before = folders()
    const other = await startChain()
    const [folder] = folders().filter(name => !before.includes(name))
    await other.mine(1)
    const miner = await other.account(0).getAddress()
    const send = (): Promise<unknown> =>
      other.provider.send('eth_sendTransaction', [{ from: miner, to: miner, value: '0x1' }])
    for (let i = 0; i < 600; i++) await send()
    expect(readdirSync(join(tmpdir(), folder!))).to.not.have.length(0)
    await other.stop()
    expect(folders()).to.deep.equal(before)
  })

  it('given an argument that anvil refuses: says what anvil says', async () => {
    const error = await startChain({ args: ['--no-such-option'] }).then(
      () => expect.fail('expected a refusal'),
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(EmbeddedChainError)
    expect((error as Error).message).to.contain('--no-such-option')
  })
})
