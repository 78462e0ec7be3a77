import { execFile, spawn } from 'node:child_process'
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

/** Starts a command and kills it, as a machine that goes down does, once it has reported this. */
function killedAt(report: string, settings: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const { DEPLOYER_PRIVATE_KEY: _key, HARDHAT_NETWORK: _network, ...rest } = process.env
  const env = { ...rest, ...settings, NO_COLOR: '1', HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' }
  const child = spawn(join(ROOT, 'node_modules', '.bin', 'hardhat'), args, { cwd: ROOT, env })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    if (stderr.includes(report)) child.kill('SIGKILL')
  })
  return new Promise(resolve => child.on('close', () => resolve(stderr)))
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

  it('given a deployment that was killed: goes on where it was, and the doctor finds nothing', async () => {
    const chain = await startChain()
    const provider = new JsonRpcProvider(chain.url)
    const deployer = await (await provider.getSigner(0)).getAddress()
    const args = ['--network', 'localhost', '--records', folder(), '--parameters', LOCAL]
    const report = await killedAt(
      'contracts 7/21',
      { LOCALHOST_RPC_URL: chain.url },
      'protocol:deploy',
      ...args,
    )
    expect(report).to.not.contain('checks 1/1')
    const sent = await provider.getTransactionCount(deployer)
    expect(sent).to.be.within(7, 40)

    const resumed = await runOn(chain.url, 'protocol:deploy', '--parameters', LOCAL)
    expect(resumed.code, resumed.stderr).to.equal(0)
    expect(resumed.stderr).to.not.contain('contracts 1/21: access')
    const doctor = await runOn(chain.url, 'protocol:doctor')
    expect(doctor.code, doctor.stderr).to.equal(0)
    expect(doctor.stdout).to.contain('PASS access ADMIN members = 0x').and.to.not.contain('FAIL')

    const moved = await runOn(chain.url, 'token:transfer', '--to', deployer, '--amount', '1.5', '--json')
    expect(moved.code, moved.stderr).to.equal(0)
    const [transaction] = JSON.parse(moved.stdout).transactions
    expect(transaction.events[0].args.value).to.equal('1500000000000000000')

    const path = join(folder(), 'localhost', 'system.json')
    const record = JSON.parse(await readFile(path, 'utf8'))
    record.parameters.governance.votingPeriod = 90_000
    await writeFile(path, JSON.stringify({ ...record }))
    const sick = await runOn(chain.url, 'protocol:doctor')
    expect(sick.code).to.equal(1)
    expect(sick.stdout).to.contain(
      'FAIL governor.votingPeriod: got 86400, expected 90000 (or governance has changed it since',
    )
    expect(sick.stderr).to.contain('SYSTEM_UNSOUND: the deployed system is not what its record says')
    provider.destroy()
    await chain.stop()
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
