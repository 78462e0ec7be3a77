import { expect } from 'chai'
import { hexlify, randomBytes, ZeroAddress } from 'ethers'
import local from '../../../deployments/parameters.local.json'
import { parseDeployParameters } from '../../../scripts/deployParameters'
import { deploySystem } from '../../../scripts/deploySystem'
import type { System } from '../../../scripts/system'
import { OpenToken__factory } from '../../../typechain-types'
import { RewardReader } from '../../src/chain'
import { startAnvil, type Anvil } from '../scene/anvil'

describe('RewardReader', () => {
  let anvil: Anvil
  let system: System
  let vault: string
  let reader: RewardReader
  before(async () => {
    anvil = await startAnvil()
    const [owner, manager] = [anvil.account(0), anvil.account(9)]
    const parameters = parseDeployParameters({
      ...local,
      roles: { guardian: manager.address, epochManager: manager.address },
      operators: { ...local.operators, accounts: [owner.address], faults: 0 },
    })
    system = await deploySystem(owner, parameters)
    vault = await system.rewardVault.getAddress()
    reader = await RewardReader.connect(anvil.provider, vault)
    // a distributor of its own pays, so that there is something to read
    const token = OpenToken__factory.connect(await system.token.getAddress(), owner)
    const governance = await anvil.impersonate(await system.timelock.getAddress())
    await (await token.connect(governance).setDistributor(owner.address, true)).wait()
    for (const [i, amount] of [3n, (1n << 80n) + 7n].entries())
      await (await token.payCumulative(anvil.account(i + 3).address, amount, owner.address)).wait()
  })
  after(() => anvil?.stop())

  it('knows the token by name', async () => {
    const { symbol, decimals } = await reader.token()
    expect([symbol, decimals]).to.deep.equal(['OPEN', 18])
  })

  it('reads what each account was paid, in their order, however many ask at once', async () => {
    const accounts = [
      ...[3, 4, 5].map(index => anvil.account(index).address),
      ...Array.from({ length: 1300 }, () => hexlify(randomBytes(20))),
      ZeroAddress,
      anvil.account(4).address,
    ]
    const found = await Promise.all(accounts.map(account => reader.paid(account)))
    const expected = [3n, (1n << 80n) + 7n, 0n, ...accounts.slice(4).map(() => 0n), (1n << 80n) + 7n]
    expect(found.map(({ paid }) => paid)).to.deep.equal(expected)
  })

  it('reads the root and its epoch at the same block, also one that was just mined', async () => {
    const governance = await anvil.impersonate(await system.attributionOracle.getAddress())
    const root = `0x${'a1'.repeat(24)}`
    await (await system.rewardVault.connect(governance).setRoot(root, 12)).wait()
    const found = await reader.paid(anvil.account(3).address)
    expect(found).to.deep.equal({ block: await anvil.provider.getBlockNumber(), root, epoch: 12, paid: 3n })
    await (await system.rewardVault.connect(governance).setRoot(`0x${'00'.repeat(24)}`, 12)).wait()
    expect((await reader.paid(anvil.account(3).address)).root).to.equal(`0x${'00'.repeat(24)}`)
  })

  it('makes two calls for many questions, not one for each', async () => {
    const sent: string[] = []
    const counting = sending(anvil.provider, (method, params) => {
      sent.push(method)
      return anvil.provider.send(method, params)
    })
    const counted = await RewardReader.connect(counting, vault)
    sent.length = 0
    await Promise.all(Array.from({ length: 700 }, () => counted.paid(anvil.account(3).address)))
    expect(sent.filter(method => method === 'eth_call').length).to.equal(2)
  })

  it('fails with RPC_FAILED when the node does not answer, and says no URL', async () => {
    let gone = false
    let asked = 0
    const failing = sending(anvil.provider, (method, params) => {
      asked++
      if (!gone) return anvil.provider.send(method, params)
      return Promise.reject(new Error('http://secret.example/key'))
    })
    const lost = await RewardReader.connect(failing, vault)
    gone = true
    const error = await lost.paid(ZeroAddress).catch((fault: unknown) => fault)
    expect(String(error)).to.include('RPC_FAILED').and.not.include('secret')
    // however many wait, they do not wait for one failure after the other
    asked = 0
    const many = Array.from({ length: 3000 }, () => lost.paid(ZeroAddress).catch((fault: unknown) => fault))
    expect((await Promise.all(many)).every(fault => String(fault).includes('RPC_FAILED'))).to.equal(true)
    expect(asked).to.equal(2)
  })
})

/** A provider with another way to send. */
function sending<P extends object>(
  provider: P,
  send: (method: string, params: unknown[]) => Promise<unknown>,
): P {
  return new Proxy(provider, {
    get(target, name) {
      if (name === 'send') return send
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}
