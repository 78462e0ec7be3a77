import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { loadFixture } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

import { writeDeployment } from '../../scripts/deploymentRecord'
import {
  claimsJson,
  deployWithOperators,
  epochOf,
  finalize,
  openEpoch,
  readyForEpochs,
} from '../scripts/publishedEpoch'
import { temporaryFolder } from '../scripts/temporaryFolder'
import { refused, run } from './runTask'

describe('tasks', () => {
  const folder = temporaryFolder()

  async function fixture() {
    const [deployer, operator, alice] = await ethers.getSigners()
    const system = await deployWithOperators(deployer!, [operator!])
    return { system, operator: operator!, alice: alice!, deployer: deployer! }
  }

  async function recorded() {
    const setting = await loadFixture(fixture)
    await writeDeployment('hardhat', setting.system.record, { folder: folder() })
    return { ...setting, records: folder() }
  }

  describe('datanet:create', () => {
    it('prints a line, or JSON', async () => {
      const { records, deployer } = await recorded()
      const line = await run('datanet:create', { name: 'Solidity code', records })
      expect(line.printed).to.equal(`Created datanet 1, owned by ${deployer.address}\n`)
      const { printed } = await run('datanet:create', { name: 'second', records, json: true })
      expect(JSON.parse(printed)).to.deep.include({ datanetId: 2, owner: deployer.address })
    })

    it('signs with the account of --from', async () => {
      const { records, alice } = await recorded()
      const { result } = await run('datanet:create', {
        name: 'x',
        records,
        from: alice.address.toLowerCase(),
      })
      expect(result['owner']).to.equal(alice.address)
    })

    it('names an account that has no key here', async () => {
      const { records } = await recorded()
      const from = ethers.Wallet.createRandom().address
      const { data } = await refused('KEY_MISSING', 'datanet:create', { name: 'x', records, from })
      expect(data).to.deep.equal({
        network: 'hardhat',
        got: `20 accounts, none of them ${from}`,
        expected: `the key of ${from}`,
      })
    })

    it('names the network without a record', async () => {
      const { data } = await refused('RECORD_MISSING', 'datanet:create', { name: 'x', records: folder() })
      expect(data).to.deep.include({ network: 'hardhat', known: [] })
    })

    it('passes on what the verb refuses', async () => {
      const { records } = await recorded()
      await refused('ARGUMENT_INVALID', 'datanet:create', { name: 'x', records, policy: 'secret' })
    })
  })

  describe('datanet:contribute', () => {
    it('commits the files of a folder', async () => {
      const { records, system, deployer } = await recorded()
      await run('datanet:create', { name: 'Solidity code', records })
      for (const name of ['a', 'b', 'c'])
        await writeFile(join(folder(), `${name}.sol`), `contract ${name} {}`)
      const args = {
        datanet: 1,
        paths: [folder()],
        content: join(folder(), 'content'),
        batchSize: 2,
        records,
      }
      const { printed } = await run('datanet:contribute', args)
      expect(printed)
        .to.contain('batch 0: contributions 0 to 1')
        .and.to.contain('batch 2: contributions 2 to 2')
      expect(await system.datanetRegistry.contributionCountOf(deployer)).to.equal(3n)
    })

    it('names the file that cannot be read', async () => {
      const { records } = await recorded()
      const paths = [join(folder(), 'nowhere.sol')]
      const { message } = await refused('FILE_UNREADABLE', 'datanet:contribute', {
        datanet: 1,
        paths,
        records,
      })
      expect(message).to.contain('nowhere.sol').and.to.contain('ENOENT')
    })
  })

  describe('epoch:show and rewards:claim', () => {
    it('show a final epoch and pay from its claims file', async () => {
      const { system, operator, alice, records } = await recorded()
      const { attributionOracle, token } = system
      await readyForEpochs(system, [operator], [alice])
      await openEpoch(system, 1)
      const { post, claims } = await epochOf(system, 1, [10n ** 18n])
      await attributionOracle.connect(operator).post(post, 1, '0x')
      const pending = await run('epoch:show', { epoch: 1, records })
      expect(pending.printed).to.contain('Epoch 1: pending').and.to.contain('can be made final in 604800 s')
      await finalize(system, post)
      const final = await run('epoch:show', { epoch: 1, records, json: true })
      expect(JSON.parse(final.printed)).to.deep.include({ state: 'final', finalTotal: '1000000000000000000' })

      const path = join(folder(), 'claims.json')
      await writeFile(path, claimsJson(claims))
      const { printed } = await run('rewards:claim', { claims: path, account: alice.address, records })
      expect(printed).to.match(new RegExp(`^Paid 1\\.0 OPEN to ${alice.address} \\(\\d+ gas\\)\n$`))
      expect(await token.paid(alice)).to.equal(10n ** 18n)
      await refused('NOTHING_TO_CLAIM', 'rewards:claim', { claims: path, account: alice.address, records })
    })

    it('name the epoch that cannot exist', async () => {
      const { records } = await recorded()
      await refused('ARGUMENT_INVALID', 'epoch:show', { epoch: 0, records })
    })
  })
})
