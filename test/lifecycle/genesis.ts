import { expect } from 'chai'
import { ZeroAddress } from 'ethers'

import { allocationsOf, GENESIS_GROUPS, SUPPLY } from '../../scripts/deployParameters'
import { showVesting } from '../../scripts/vestingWallets'
import { VestingWallet__factory } from '../../typechain-types'
import type { World } from './world'

/** The five groups have their parts to the wei, vested and liquid, and nobody else has anything. */
export async function expectGenesis({ system, cast }: World): Promise<void> {
  const { genesis, token, timelock, parameters } = system
  const vesting = await showVesting(system)
  let given = 0n
  for (const [group, { name, bps, amount, allotments }] of allocationsOf(parameters).entries()) {
    expect(amount).to.equal((SUPPLY * BigInt(bps)) / 10_000n)
    expect(await genesis.allocated(group)).to.equal(true)
    expect(await genesis.amountOf(group)).to.equal(amount)
    const held = vesting.filter(wallet => wallet.group === name).map(wallet => wallet.held)
    expect(held).to.deep.equal(allotments.map(({ vested }) => vested).filter(vested => vested > 0n))
    const liquid = allotments.reduce((sum, allotment) => sum + allotment.liquid, 0n)
    expect(held.reduce((sum, wei) => sum + wei, liquid)).to.equal(amount)
    given += amount
  }
  expect(given).to.equal(SUPPLY)
  expect(await token.totalSupply()).to.equal(SUPPLY)
  expect(await token.balanceOf(genesis)).to.equal(0n)
  expect(await token.balanceOf(timelock)).to.equal(parameters.genesis.community.float)
  expect(await token.balanceOf(cast.foundation)).to.equal(parameters.genesis.ecosystem.float)
  expect(await token.balanceOf(cast.market)).to.equal((SUPPLY * BigInt(GENESIS_GROUPS.liquidity)) / 10_000n)
  expect(await token.balanceOf(cast.deployer)).to.equal(0n)
}

/** Investors and team wait for their cliff; the community's wallet pays the emissions and nobody else. */
export async function expectVesting({ system, cast }: World): Promise<void> {
  const vesting = await showVesting(system)
  const owners = vesting.map(({ group, owner }) => [group, owner])
  expect(owners).to.deep.equal([
    ['community', await system.emissionController.getAddress()],
    ...cast.investors.map(({ address }) => ['investors', address]),
    ['team', cast.team.address],
    ['ecosystem', cast.foundation.address],
  ])
  expect(owners.map(([, owner]) => owner)).not.to.include(ZeroAddress)
  for (const { group, releasable } of vesting) {
    if (group === 'investors' || group === 'team') expect(releasable).to.equal(0n)
  }
}

/** What has vested is released by anyone to its owner: the foundation has a part by now, the others wait. */
export async function releaseVested({ system, cast }: World): Promise<void> {
  const { token } = system
  for (const { group, wallet, owner, releasable } of await showVesting(system)) {
    if (group === 'community') continue
    const before = await token.balanceOf(owner)
    await VestingWallet__factory.connect(wallet, cast.anyone)['release(address)'](token)
    const got = (await token.balanceOf(owner)) - before
    if (group === 'ecosystem') expect(got).to.be.greaterThanOrEqual(releasable).and.greaterThan(0n)
    else expect(got).to.equal(0n)
  }
}
