import { expect } from 'chai'
import { MNEMONIC, startChain, type EmbeddedChain } from '../src/embeddedChain'
import { ACCOUNTS, castRoles } from '../src/roles'
import { processesOf } from './processes'

const anvils = (): number[] =>
  processesOf('ppid', process.pid)
    .filter(({ command }) => command.includes(MNEMONIC))
    .map(({ pid }) => pid)

describe('startChain', () => {
  let chain: EmbeddedChain
  let others: number[]

  beforeEach(async () => {
    others = anvils()
    chain = await startChain(31337, ACCOUNTS)
  })
  afterEach(() => chain.stop())

  it('gives an empty chain whose accounts are those of the story', async () => {
    const { chainId } = await chain.provider.getNetwork()
    expect(chainId).to.equal(31337n)
    expect(await chain.provider.getBlockNumber()).to.equal(0)
    const accounts = (await chain.provider.send('eth_accounts', [])) as string[]
    const { owner, contributor } = castRoles(chain.provider)
    expect(accounts.length).to.equal(ACCOUNTS)
    expect(accounts[0]).to.equal(owner.address.toLowerCase())
    expect(accounts[10]).to.equal(contributor(0).address.toLowerCase())
    expect((await chain.provider.getBalance(contributor(12))) > 10n ** 18n).to.equal(true)
  })

  it('calls a block final after two more', async () => {
    await chain.provider.send('anvil_mine', ['0x5'])
    expect((await chain.provider.getBlock('finalized'))?.number).to.equal(3)
  })

  it('stands beside another one', async () => {
    const second = await startChain(1, 1)
    try {
      expect(second.url).to.not.equal(chain.url)
      expect(anvils().length).to.equal(others.length + 2)
    } finally {
      await second.stop()
    }
    expect(anvils().length).to.equal(others.length + 1)
    expect(await chain.provider.send('eth_chainId', [])).to.equal('0x7a69')
  })

  it('stop leaves no process and no open port, however often it is called', async () => {
    expect(anvils().length).to.equal(others.length + 1)
    await chain.stop()
    expect(anvils()).to.deep.equal(others)
    const answer = await fetch(chain.url).then(
      () => 'an answer',
      (error: Error) => error.message,
    )
    expect(answer).to.equal('fetch failed')
    await chain.stop()
  })
})
