import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { loadFixture, time } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

import { readDeployment, writeDeployment } from '../../scripts/deploymentRecord'
import { DEPLOYMENT_PROXY, DEPLOYMENT_PROXY_CODE, type SafeBatch } from '../../scripts/safeBatch'
import { deployExample, EXAMPLE, LOCAL } from '../scripts/deployExample'
import { temporaryFolder } from '../scripts/temporaryFolder'
import { refused, run } from './runTask'

describe('protocol tasks', () => {
  const folder = temporaryFolder()

  async function fixture() {
    const [deployer] = await ethers.getSigners()
    return { system: await deployExample(deployer!), deployer: deployer! }
  }

  async function recorded() {
    const setting = await loadFixture(fixture)
    await writeDeployment('hardhat', setting.system.record, { folder: folder() })
    return { ...setting, records: folder() }
  }

  describe('protocol:deploy', () => {
    it('deploys and records; a second time only with --replace', async () => {
      const args = { parameters: LOCAL, records: folder() }
      const { result, printed } = await run('protocol:deploy', args)
      expect(result['file']).to.equal(join(folder(), 'hardhat', 'system.json'))
      expect(printed).to.match(/^Deployed on chain 31337/)
      await refused('RECORD_EXISTS', 'protocol:deploy', args)
      await run('protocol:deploy', { ...args, replace: true })
    })

    it('refuses the placeholders of the example before anything is sent', async () => {
      const before = await ethers.provider.getBlockNumber()
      for (const plan of [true, false]) {
        const args = { parameters: EXAMPLE, records: folder(), plan }
        const error = await refused('PARAMETERS_INVALID', 'protocol:deploy', args)
        expect(error.message).to.contain('roles.guardian').and.to.contain('this one is a placeholder')
      }
      expect(await ethers.provider.getBlockNumber()).to.equal(before)
    })

    it('names every fault of the parameters before anything is sent', async () => {
      const parameters = join(folder(), 'parameters.json')
      await writeFile(parameters, '{"format":"open-datanets/deploy-parameters","version":1}')
      const before = await ethers.provider.getBlockNumber()
      const error = await refused('PARAMETERS_INVALID', 'protocol:deploy', { parameters, records: folder() })
      expect(error.message).to.contain('version: got 1, expected 2').and.to.contain('operators: got nothing')
      expect(await ethers.provider.getBlockNumber()).to.equal(before)
    })
  })

  describe('protocol:deploy --plan', () => {
    it('tells every transaction, its gas and cost, and who holds what, and sends nothing', async () => {
      const { deployer } = await loadFixture(fixture)
      const [block, nonce] = [await ethers.provider.getBlockNumber(), await deployer.getNonce()]
      const args = { parameters: LOCAL, records: folder(), plan: true, gasPrice: '2.5' }
      const { result, printed } = await run('protocol:deploy', args)
      expect([await ethers.provider.getBlockNumber(), await deployer.getNonce()]).to.deep.equal([
        block,
        nonce,
      ])
      const transactions = result['transactions'] as { gas: bigint; cost: bigint }[]
      const gas = transactions.reduce((sum, transaction) => sum + transaction.gas, 0n)
      expect([result['gas'], result['cost']]).to.deep.equal([gas, gas * 2_500_000_000n])
      expect(printed).to.contain(`${transactions.length} transactions, nothing was sent`)
      expect(printed).to.contain('new token(<genesis>, <access>)').and.to.contain('at 2.5 gwei')
      expect(printed).to.match(/ADMIN of the access manager \(every restricted function\): timelock 0x/)
      expect(printed).to.contain('the deployer: nothing').and.to.not.contain('FAIL')

      const deployed = await run('protocol:deploy', { parameters: LOCAL, records: folder() })
      const { record } = deployed.result as { record: { contracts: object } }
      const addresses = Object.entries(record.contracts).map(([name, { address }]) => [name, address])
      expect(result['addresses']).to.deep.equal(Object.fromEntries(addresses))
    })

    it('refuses a price that is no number', async () => {
      const args = { parameters: LOCAL, records: folder(), plan: true, gasPrice: 'cheap' }
      await refused('ARGUMENT_INVALID', 'protocol:deploy', args)
    })
  })

  describe('protocol:deploy --safe', () => {
    const SAFE = '0x5aFE000000000000000000000000000000005AFe'.toLowerCase()

    interface Batch {
      readonly file: string
      readonly gas: bigint
    }

    const batchesOf = (batches: readonly Batch[]): Promise<SafeBatch[]> =>
      Promise.all(batches.map(async ({ file }) => JSON.parse(await readFile(file, 'utf8'))))

    const creations = (batches: readonly SafeBatch[]) =>
      batches
        .flatMap(({ transactions }) => transactions)
        .filter(({ to }) => to.toLowerCase() === DEPLOYMENT_PROXY.toLowerCase())

    /** Sends what the Safe would. */
    async function executed(batches: readonly Batch[]) {
      const safe = await ethers.getImpersonatedSigner(ethers.getAddress(SAFE))
      await ethers.provider.send('hardhat_setBalance', [SAFE, '0x3635c9adc5dea00000'])
      await ethers.provider.send('hardhat_setCode', [DEPLOYMENT_PROXY, DEPLOYMENT_PROXY_CODE])
      for (const batch of await batchesOf(batches)) {
        expect(batch).to.deep.include({ version: '1.0', chainId: '31337' })
        for (const { to, data } of batch.transactions) await safe.sendTransaction({ to, data })
      }
    }

    it('writes batches that deploy the whole system when the Safe executes them', async () => {
      await loadFixture(fixture)
      const args = { parameters: LOCAL, records: folder(), safe: SAFE }
      const before = await ethers.provider.getBlockNumber()
      const { result, printed } = await run('protocol:deploy', args)
      expect(printed)
        .to.match(/^Nothing was sent/)
        .and.to.contain('protocol:adopt --plan-file')
      expect(await ethers.provider.getBlockNumber()).to.equal(before)

      const planFile = String(result['planFile'])
      const missing = await refused('CODE_MISMATCH', 'protocol:adopt', { planFile, records: folder() })
      expect(missing.message).to.contain('execute every batch first')

      const batches = result['batches'] as Batch[]
      expect(batches.length).to.be.greaterThan(1)
      for (const { gas } of batches) expect(gas).to.be.lessThan(14_000_000n)
      await executed(batches)
      await run('protocol:adopt', { planFile, records: folder() })
      const record = await readDeployment('hardhat', { folder: folder(), chainId: 31337n })
      expect(record.deployer).to.equal(ethers.getAddress(SAFE))
      expect((await run('protocol:doctor', { records: folder() })).result['passed']).to.equal(true)
      expect((await run('protocol:verify', { records: folder() })).result['passed']).to.equal(true)
    })

    it('goes on when somebody else put a contract where it belongs', async () => {
      await loadFixture(fixture)
      const args = { parameters: LOCAL, records: folder(), safe: SAFE }
      const first = (await run('protocol:deploy', args)).result
      const before = await batchesOf(first['batches'] as Batch[])
      const [, attacker] = await ethers.getSigners()
      await ethers.provider.send('hardhat_setCode', [DEPLOYMENT_PROXY, DEPLOYMENT_PROXY_CODE])
      // access, timelock and the genesis, whose clock begins here.
      for (const { to, data } of creations(before).slice(0, 3)) await attacker!.sendTransaction({ to, data })
      const stopped = await executed(first['batches'] as Batch[]).then(() => 'nothing', String)
      expect(stopped).to.contain('revert')

      await time.increase(1000)
      const again = await run('protocol:deploy', args)
      expect(again.printed).to.contain('On chain already, left out: access, timelock, genesis\n')
      expect(again.result['addresses']).to.deep.equal(first['addresses'])
      const batches = again.result['batches'] as Batch[]
      const after = await batchesOf(batches)
      expect(creations(after)).to.deep.equal(creations(before).slice(3))
      const calls = (all: readonly SafeBatch[]) => all.filter(({ meta }) => meta.name.includes(': calls'))
      expect(calls(after)).to.deep.equal(calls(before))

      await executed(batches)
      const planFile = String(again.result['planFile'])
      await run('protocol:adopt', { planFile, records: folder() })
      expect((await run('protocol:doctor', { records: folder() })).result['passed']).to.equal(true)
      expect((await run('protocol:verify', { records: folder() })).result['passed']).to.equal(true)
    })

    it('chooses addresses by the Safe and a word, at random without one', async () => {
      await loadFixture(fixture)
      const planned = async (changes: object) => {
        const args = { parameters: LOCAL, records: folder(), safe: SAFE, replace: true, ...changes }
        return (await run('protocol:deploy', args)).result['addresses'] as Record<string, string>
      }
      const [one, same, two] = [
        await planned({ salt: 'one' }),
        await planned({ salt: 'one' }),
        await planned({ salt: 'two' }),
      ]
      expect(same['access']).to.equal(one['access'])
      const other = ethers.Wallet.createRandom().address
      const all = [
        one,
        two,
        await planned({}),
        await planned({}),
        await planned({ salt: 'one', safe: other }),
      ]
      expect(new Set(all.map(({ access }) => access)).size).to.equal(5)
    })

    it('refuses to go on with a plan as another one', async () => {
      await loadFixture(fixture)
      const args = { parameters: LOCAL, records: folder(), safe: SAFE, salt: 'one' }
      await run('protocol:deploy', args)
      await refused('DEPLOYMENT_DIFFERS', 'protocol:deploy', { ...args, salt: 'two' })
      await run('protocol:deploy', { ...args, salt: undefined })
      await run('protocol:deploy', { ...args, salt: 'two', replace: true })
    })

    it('refuses what is no address', async () => {
      const args = { parameters: LOCAL, records: folder(), safe: '0x12' }
      await refused('ARGUMENT_INVALID', 'protocol:deploy', args)
    })
  })

  describe('protocol:doctor', () => {
    it('passes line by line', async () => {
      const { records } = await recorded()
      const { printed, result } = await run('protocol:doctor', { records })
      expect(result['passed']).to.equal(true)
      const lines = printed.trim().split('\n')
      expect(lines.slice(0, -1).every(line => line.startsWith('PASS '))).to.equal(true)
      expect(lines.at(-1)).to.equal(`${lines.length - 1} of ${lines.length - 1} checks pass`)
    })

    it('names what is not as recorded, and fails', async () => {
      const { records, system } = await recorded()
      const parameters = { ...system.parameters, recoveryDelay: system.parameters.recoveryDelay + 1 }
      await writeDeployment('hardhat', { ...system.record, parameters }, { folder: records })
      const error = await refused('SYSTEM_UNSOUND', 'protocol:doctor', { records, json: true })
      expect(error.data).to.deep.include({ got: '2 that fail' })
    })
  })

  describe('protocol:verify', () => {
    it('builds every contract again, byte for byte', async () => {
      const { records } = await recorded()
      const { printed, result } = await run('protocol:verify', { records })
      expect(result['passed']).to.equal(true)
      expect(printed).to.match(/PASS token 0x\w{40}: \d+ bytes, created by 0x\w{40} nonce \d+\n/)
      expect(printed).to.match(/21 of 21 checks pass\n$/)
    })

    it('finds an immutable that the record does not tell', async () => {
      const { records, system } = await recorded()
      const { record } = system
      const { staking } = record.contracts
      const constructorArguments = [...staking.constructorArguments.slice(0, 2), '7']
      const contracts = { ...record.contracts, staking: { ...staking, constructorArguments } }
      await writeDeployment('hardhat', { ...record, contracts }, { folder: records })
      await refused('SYSTEM_UNSOUND', 'protocol:verify', { records })
    })
  })
})
