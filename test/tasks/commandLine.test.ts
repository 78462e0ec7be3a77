import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'
import { JsonRpcProvider } from 'ethers'

import { DatanetRegistry__factory } from '../../typechain-types'
import { LOCAL } from '../scripts/deployExample'
import { temporaryFolder } from '../scripts/temporaryFolder'
import { startChain, type EmbeddedChain } from '@open-datanets/embedded-chain'

const ROOT = join(__dirname, '..', '..')

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function hardhat(settings: NodeJS.ProcessEnv, ...args: string[]): Promise<Outcome> {
  const { DEPLOYER_PRIVATE_KEY: _key, HARDHAT_NETWORK: _network, ...rest } = process.env
  const env = { ...rest, ...settings, NO_COLOR: '1', HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' }
  const command = join(ROOT, 'node_modules', '.bin', 'hardhat')
  return new Promise(resolve => {
    execFile(command, args, { cwd: ROOT, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

describe('the command line', () => {
  const folder = temporaryFolder()
  let anvil: EmbeddedChain

  before(async () => {
    anvil = await startChain()
  })
  after(() => anvil.stop())

  const runOn = (url: string, task: string, ...args: string[]) => {
    const connection = ['--network', 'localhost', '--records', folder()]
    return hardhat({ LOCALHOST_RPC_URL: url }, task, ...connection, ...args)
  }
  const run = (task: string, ...args: string[]) => runOn(anvil.url, task, ...args)

  it('deploys, creates a datanet, takes contributions and shows an epoch', async () => {
    const deployed = await run('protocol:deploy', '--parameters', LOCAL)
    expect(deployed.code, deployed.stderr).to.equal(0)
    expect(deployed.stdout).to.match(/^Deployed on chain 31337, recorded in .*system\.json:\n {2}access 0x/)
    expect(deployed.stderr).to.contain('contracts 21/21: ').and.to.contain('checks 1/1')

    const created = await run('datanet:create', '--name', 'Solidity code', '--json')
    expect(created.code, created.stderr).to.equal(0)
    expect(JSON.parse(created.stdout).datanetId).to.equal(1)

    const source = join(folder(), 'a.sol')
    await writeFile(source, 'contract A {}')
    const content = join(folder(), 'content')
    const contributed = await run('datanet:contribute', '--datanet', '1', '--content', content, source)
    expect(contributed.code, contributed.stderr).to.equal(0)
    expect(contributed.stdout).to.match(
      /^Committed as contributor 0 \(0x\w{40}\):\n {2}batch 0: contributions 0 to 0\n$/,
    )

    const shown = await run('epoch:show', '--epoch', '1')
    expect(shown.stdout).to.equal('Epoch 1: unopened (last final epoch: 0)\n')

    const record = JSON.parse(await readFile(join(folder(), 'localhost', 'system.json'), 'utf8'))
    const provider = new JsonRpcProvider(anvil.url)
    const registry = DatanetRegistry__factory.connect(record.contracts.datanetRegistry.address, provider)
    expect(await registry.contributorCount()).to.equal(1n)
    provider.destroy()
  })

  it('given no record: fails with one message that names what it looked for', async () => {
    const { code, stderr, stdout } = await run('datanet:create', '--name', 'x')
    expect([code, stdout.trim()]).to.deep.equal([1, ''])
    const message = 'RECORD_MISSING: there is no deployment record for the network "localhost"'
    expect(stderr.split('\n')[0]).to.contain(message)
    expect(stderr).to.contain(join(folder(), 'localhost', 'system.json'))
  })

  it('given a network that is not configured: names it and those that are, before anything runs', async () => {
    const message =
      'NETWORK_UNKNOWN: there is no such network: got "mainnet"; expected one of: hardhat, localhost, demo. '
    const option = await hardhat({}, 'epoch:show', '--network', 'mainnet', '--epoch', '1')
    const variable = await hardhat({ HARDHAT_NETWORK: 'mainnet' }, 'epoch:show', '--epoch', '1')
    for (const { code, stdout, stderr } of [option, variable]) {
      expect([code, stdout.trim()]).to.deep.equal([1, ''])
      expect(stderr.split('\n')[0]).to.contain(message)
    }
  })

  it('given a node that unlocks nothing and no key: says which one to set', async () => {
    const locked = await startChain({ args: ['--accounts', '0'] })
    const { code, stderr } = await runOn(locked.url, 'protocol:deploy', '--parameters', LOCAL)
    await locked.stop()
    expect(code).to.equal(1)
    expect(stderr).to.contain(
      'KEY_MISSING: no key signs for this call on the network "localhost": got 0 accounts',
    )
    expect(stderr).to.contain('expected at least one account. Set DEPLOYER_PRIVATE_KEY')
  })

  it('given a chain that does not answer: says so', async () => {
    const dead = await startChain()
    await dead.stop()
    const { code, stderr } = await runOn(dead.url, 'epoch:show', '--epoch', '1')
    expect(code).to.equal(1)
    expect(stderr).to.contain('CHAIN_UNREACHABLE: the chain of the network "localhost" does not answer')
  })
})
