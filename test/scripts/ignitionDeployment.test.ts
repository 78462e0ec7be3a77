import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { loadFixture } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import hre, { ethers } from 'hardhat'

import { checkSystem } from '../../scripts/checkSystem'
import { CONTRACT_NAMES } from '../../scripts/deploymentRecord'
import { readDeployParameters, type DeployParameters } from '../../scripts/deployParameters'
import {
  deployWithIgnition,
  isJournalStale,
  journalPath,
  setJournalAside,
} from '../../scripts/ignitionDeployment'
import type { Waiting } from '../../scripts/lostTransactions'
import { newRecord } from '../../scripts/newRecord'
import { connectSystem } from '../../scripts/system'
import { caught } from './caught'
import { LOCAL } from './deployExample'
import { onChain } from './onChain'
import { temporaryFolder } from './temporaryFolder'

type Request = { readonly method: string; readonly params?: readonly unknown[] | object }

describe('deployWithIgnition', () => {
  const folder = temporaryFolder()

  async function fixture() {
    const [deployer] = await ethers.getSigners()
    return { deployer: deployer!, parameters: await readDeployParameters(LOCAL) }
  }

  interface Run {
    readonly deployer: string
    readonly parameters: DeployParameters
    /** Stands before the chain. */
    readonly request?: (request: Request) => Promise<unknown>
    readonly seen?: string[]
    readonly waiting?: Waiting
  }

  const toChain = (request: Request) =>
    hre.network.provider.request({ method: request.method, params: request.params as unknown[] })

  const run = ({ deployer, parameters, request = toChain, seen, waiting }: Run) =>
    deployWithIgnition({
      network: 'demo',
      records: folder(),
      eip1193: { request },
      provider: ethers.provider,
      accounts: [deployer],
      deployer,
      parameters,
      artifacts: hre.artifacts,
      config: { blockPollingInterval: 10 },
      ...(waiting === undefined ? {} : { waiting }),
      onProgress: ({ step }) => seen?.push(step),
    })

  async function checked(facts: Awaited<ReturnType<typeof run>>) {
    const record = await newRecord(ethers.provider, facts)
    await checkSystem(connectSystem(record, ethers.provider))
    return record
  }

  /** How many transactions an account has sent. */
  const sentBy = (account: string) => ethers.provider.getTransactionCount(account)

  it('deploys the same system as transaction by transaction', async () => {
    const { deployer, parameters } = await loadFixture(fixture)
    const before = await sentBy(deployer.address)
    const facts = await run({ deployer: deployer.address, parameters })
    await checked(facts)
    expect(await sentBy(deployer.address)).to.equal(before + facts.plan.length)
    const again = await run({ deployer: deployer.address, parameters })
    expect(again.placed).to.deep.equal(facts.placed)
    expect(await sentBy(deployer.address)).to.equal(before + facts.plan.length)
  })

  for (const allowed of [1, 14, 23, 45]) {
    it(`goes on after a run that was cut off at transaction ${allowed + 1}, and sends nothing twice`, async () => {
      const { deployer, parameters } = await loadFixture(fixture)
      const before = await sentBy(deployer.address)
      let sent = 0
      const request = async (given: Request) => {
        if (given.method !== 'eth_sendTransaction' && given.method !== 'eth_sendRawTransaction')
          return toChain(given)
        if (++sent > allowed) throw new TypeError('connection lost')
        return toChain(given)
      }
      const error = await caught(
        'DEPLOYMENT_FAILED',
        run({ deployer: deployer.address, parameters, request }),
      )
      expect(error.data.path).to.equal(journalPath('demo', folder()))
      expect(error.message).to.contain('connection lost')
      const facts = await run({ deployer: deployer.address, parameters })
      await checked(facts)
      expect(await sentBy(deployer.address)).to.equal(before + facts.plan.length)
    })
  }

  it('goes on after a run that was cut off between a transaction and its entry in the journal', async () => {
    const { deployer, parameters } = await loadFixture(fixture)
    const before = await sentBy(deployer.address)
    let sent = 0
    const request = async (given: Request) => {
      const answer = await toChain(given)
      if (given.method.startsWith('eth_send') && ++sent === 9) throw new TypeError('connection lost')
      return answer
    }
    await caught('DEPLOYMENT_FAILED', run({ deployer: deployer.address, parameters, request }))
    const facts = await run({ deployer: deployer.address, parameters })
    await checked(facts)
    expect(await sentBy(deployer.address)).to.equal(before + facts.plan.length)
  })

  describe('given a transaction that was sent, is not in the journal and not mined', () => {
    const position = CONTRACT_NAMES.length + 1
    const mining = (on: boolean) => hre.network.provider.send('evm_setAutomine', [on])

    async function cutOff() {
      const { deployer, parameters } = await loadFixture(fixture)
      const before = await sentBy(deployer.address)
      let sent = 0
      const request = async (given: Request) => {
        if (!given.method.startsWith('eth_send') || ++sent !== position) return toChain(given)
        await mining(false)
        await toChain(given)
        throw new TypeError('connection lost')
      }
      await caught('DEPLOYMENT_FAILED', run({ deployer: deployer.address, parameters, request }))
      return { deployer: deployer.address, parameters, before }
    }

    afterEach(() => mining(true))

    it('stops with its nonce, forgets nothing, and goes on once it is mined', async () => {
      const { deployer, parameters, before } = await cutOff()
      const journal = join(journalPath('demo', folder()), 'journal.jsonl')
      const written = await readFile(journal, 'utf8')
      const again = run({ deployer, parameters, waiting: { timeout: 20, interval: 10 } })
      const { data } = await caught('DEPLOYMENT_FAILED', again)
      expect(data.got)
        .to.contain(`with the nonce ${before + position - 1} (`)
        .and.to.contain('waits to be mined')
      expect(await readFile(journal, 'utf8')).to.equal(written)
      await hre.network.provider.send('evm_mine', [])
      await mining(true)
      const facts = await run({ deployer, parameters })
      await checked(facts)
      expect(await sentBy(deployer)).to.equal(before + facts.plan.length)
    })

    it('waits for it', async () => {
      const { deployer, parameters, before } = await cutOff()
      const going = run({ deployer, parameters, waiting: { timeout: 60_000, interval: 10 } })
      await hre.network.provider.send('evm_mine', [])
      await mining(true)
      const facts = await going
      await checked(facts)
      expect(await sentBy(deployer)).to.equal(before + facts.plan.length)
    })
  })

  it('goes on when the deployer ran out of funds and got some', async () => {
    const { deployer: bank, parameters } = await loadFixture(fixture)
    const poor = ethers.Wallet.createRandom().address
    await hre.network.provider.send('hardhat_impersonateAccount', [poor])
    await bank.sendTransaction({ to: poor, value: 3n * 10n ** 16n })
    const seen: string[] = []
    const error = await caught('DEPLOYMENT_FAILED', run({ deployer: poor, parameters, seen }))
    expect(error.data.got).to.match(/funds/)
    expect(seen.length).to.be.within(1, 20)
    await bank.sendTransaction({ to: poor, value: 10n ** 18n })
    const facts = await run({ deployer: poor, parameters, seen })
    await checked(facts)
    expect(await sentBy(poor)).to.equal(facts.plan.length)
    expect(new Set(seen).size).to.equal(seen.length)
  })

  it('refuses to finish an unfinished deployment as another one', async () => {
    const { deployer, parameters } = await loadFixture(fixture)
    const stopped = async (given: Request) => {
      if (given.method.startsWith('eth_send')) throw new TypeError('connection lost')
      return toChain(given)
    }
    await caught('DEPLOYMENT_FAILED', run({ deployer: deployer.address, parameters, request: stopped }))
    const other = { ...parameters, challengeWindow: 604_801, operators: { ...parameters.operators } }
    await caught('DEPLOYMENT_DIFFERS', run({ deployer: deployer.address, parameters: other }))
    const aside = await setJournalAside('demo', folder())
    expect(aside).to.equal(`${journalPath('demo', folder())}.1`)
    const intent = JSON.parse(await readFile(join(aside!, 'intent.json'), 'utf8'))
    expect(intent).to.deep.include({ chainId: 31337, deployer: deployer.address })
    expect(await setJournalAside('demo', folder())).to.equal(undefined)
    await checked(await run({ deployer: deployer.address, parameters: other }))
  })

  it('knows the journal of a chain that was started anew', async () => {
    const { deployer, parameters } = await loadFixture(fixture)
    expect(await isJournalStale(ethers.provider, 'demo', folder())).to.equal(false)
    const snapshot: string = await ethers.provider.send('evm_snapshot', [])
    await run({ deployer: deployer.address, parameters })
    expect(await isJournalStale(ethers.provider, 'demo', folder())).to.equal(false)
    await ethers.provider.send('evm_revert', [snapshot])
    expect(await isJournalStale(ethers.provider, 'demo', folder())).to.equal(true)
  })

  it('does not take the word of one node for it on any other chain', async () => {
    const { deployer, parameters } = await loadFixture(fixture)
    const snapshot: string = await ethers.provider.send('evm_snapshot', [])
    await run({ deployer: deployer.address, parameters })
    const realChain = onChain(11155111n)
    expect(await isJournalStale(realChain, 'demo', folder())).to.equal(false)
    await ethers.provider.send('evm_revert', [snapshot])
    const { data } = await caught('DEPLOYMENT_DIFFERS', isJournalStale(realChain, 'demo', folder()))
    expect(data.got).to.match(/^a node of chain 11155111 that knows no code at 0x/)
  })
})
