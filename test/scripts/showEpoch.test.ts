import { loadFixture, time } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

import { showEpoch } from '../../scripts/showEpoch'
import { ledgerProof, plantLedger } from '../oracle/epochTrees'
import { caught } from './caught'
import { CONFIG, deployWithOperators, epochOf, finalize, openEpoch, readyForEpochs } from './publishedEpoch'

describe('showEpoch', () => {
  async function fixture() {
    const [deployer, operator, challenger, ...others] = await ethers.getSigners()
    const system = await deployWithOperators(deployer!, [operator!])
    await readyForEpochs(system, [operator!], others.slice(0, 3))
    return { system, operator: operator!, challenger: challenger! }
  }

  async function posted() {
    const setting = await fixture()
    const { system, operator } = setting
    await openEpoch(system, 1)
    const { post } = await epochOf(system, 1, [100n, 20n, 3n])
    await system.attributionOracle.connect(operator).post(post, 1, '0x')
    return { ...setting, post }
  }

  it('given nothing: unopened', async () => {
    const { system } = await loadFixture(fixture)
    expect(await showEpoch(system.attributionOracle, 1)).to.deep.equal({
      epoch: 1,
      state: 'unopened',
      configDigest: null,
      post: null,
      secondsLeft: null,
      rejections: [],
      finalEpoch: 0,
      finalTotal: 0n,
    })
  })

  it('given a configuration: open', async () => {
    const { system } = await loadFixture(fixture)
    await openEpoch(system, 1)
    const { state, configDigest, post } = await showEpoch(system.attributionOracle, 1)
    expect([state, configDigest, post]).to.deep.equal(['open', CONFIG, null])
  })

  it('given a post: pending, with what was posted and the seconds left', async () => {
    const { system, operator, post } = await loadFixture(posted)
    const { challengeWindow } = system.parameters
    await time.increase(100)
    const view = await showEpoch(system.attributionOracle, 1, { fromBlock: system.record.blockNumber })
    expect([view.state, view.secondsLeft]).to.deep.equal(['pending', challengeWindow - 100])
    expect(view.post).to.deep.include({
      poster: operator.address,
      signers: 1,
      ledgerRoot: post.ledgerRoot,
      ledgerCount: 3,
      total: 123n,
    })
    expect((await showEpoch(system.attributionOracle, 2)).state).to.equal('unopened')
  })

  it('given a post whose window has passed: finalizable', async () => {
    const { system } = await loadFixture(posted)
    await time.increase(system.parameters.challengeWindow)
    const { state, secondsLeft } = await showEpoch(system.attributionOracle, 1)
    expect([state, secondsLeft]).to.deep.equal(['finalizable', 0])
  })

  it('given a final post: final, and it stays so', async () => {
    const { system, post } = await loadFixture(posted)
    await finalize(system, post)
    const view = await showEpoch(system.attributionOracle, 1)
    expect([view.state, view.finalEpoch, view.finalTotal, view.secondsLeft]).to.deep.equal([
      'final',
      1,
      123n,
      null,
    ])
    expect(view.post?.ledgerRoot).to.equal(post.ledgerRoot)
  })

  it('given a lie that was struck down: open again, with the rejection', async () => {
    const { system, operator, challenger } = await loadFixture(fixture)
    const { attributionOracle, fraudProofs } = system
    await openEpoch(system, 1)
    const { post, claims } = await epochOf(system, 1, [100n, 20n, 3n])
    const lie = { ...post, total: 124n }
    await attributionOracle.connect(operator).post(lie, 1, '0x')
    const domains = { chainId: 31337n, vault: claims.vault, specVersion: 1 }
    const accounts = Object.entries(claims.accounts)
    const ledger = plantLedger(
      domains,
      accounts.map(([account, { cumulative, prefix }]) => ({ account, cumulative, prefix })),
    )
    await fraudProofs.connect(challenger).challengeTotal(lie, 1, ledgerProof(ledger, 2))
    const { state, post: shown, rejections } = await showEpoch(attributionOracle, 1)
    expect([state, shown]).to.deep.equal(['open', null])
    expect(rejections).to.deep.equal([{ signers: 1, challenger: challenger.address, reason: 3 }])
  })

  it('refuses an epoch that cannot exist', async () => {
    const { system } = await loadFixture(fixture)
    for (const epoch of [0, -1, 1.5, 2 ** 32, NaN]) {
      const { data } = await caught('ARGUMENT_INVALID', showEpoch(system.attributionOracle, epoch))
      expect(data).to.deep.include({ name: 'epoch', got: String(epoch) })
    }
  })
})
