import { time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { encodeBytes32String, id } from 'ethers'

import { HOLDERS, OPEN } from './cast'
import type { World } from './world'

export const OPEN_DATANET = 1
export const STAKED_DATANET = 2
export const CURATED_DATANET = 3

const POLICY = { open: 0, curated: 2 }
export const STAKE_PER_ITEM = 10n * OPEN
const STAKE = 100n * OPEN
export const ACCUSED_STAKE = 30_000n * OPEN
const STAKED_ITEMS = 5
const BATCH_ITEMS = 40

// Holders below the first number contribute to the open datanet, then below the second to the staked one.
export const FIRST_STAKED = 900
export const FIRST_CURATED = 950
/** Their second batches were refused. */
const REFUSED = [950, 951, 952, 953, 954]
/** Takes two of its items back. */
const WITHDRAWER = 10

const digest = (what: string, holder: number) => id(`${what} of holder ${holder}`)

/** Three datanets: open, under terms that ask for stake, and curated; each younger one has older parents. */
export async function createDatanets({ system: { datanetRegistry }, cast }: World): Promise<void> {
  const [first, second, third] = cast.datanetOwners
  await datanetRegistry.connect(first!).createDatanet('Solidity code', id('code'), POLICY.open)
  const terms = { stakePerItem: STAKE_PER_ITEM, purposes: 1, license: encodeBytes32String('CC-BY-4.0') }
  const name = 'Audit findings'
  await datanetRegistry.connect(second!).createDatanetUnder(terms, name, id('findings'), POLICY.open)
  await datanetRegistry.connect(third!).createDatanet('Known exploits', id('exploits'), POLICY.curated)
  await datanetRegistry.connect(second!).setParents(STAKED_DATANET, [OPEN_DATANET], [1_000])
  await datanetRegistry
    .connect(third!)
    .setParents(CURATED_DATANET, [OPEN_DATANET, STAKED_DATANET], [500, 1_500])
  await time.increase(await datanetRegistry.PARENTS_DELAY())
  expect(await datanetRegistry.parentsOf(CURATED_DATANET)).to.deep.equal([
    [BigInt(OPEN_DATANET), BigInt(STAKED_DATANET)],
    [500n, 1_500n],
  ])
  expect(await datanetRegistry.datanetCount()).to.equal(3n)
}

/** A thousand holders contribute: single items, batches, under stake, and to be curated. */
export async function contribute({ system, cast }: World): Promise<void> {
  const { token, staking, datanetRegistry } = system
  for (const [i, holder] of cast.holders.entries()) {
    const registry = datanetRegistry.connect(holder)
    if (i < FIRST_STAKED && i % 10 === 0) {
      await registry.commitBatch(OPEN_DATANET, digest('items', i), BATCH_ITEMS, digest('manifest', i))
    } else if (i < FIRST_STAKED) {
      await registry.commit(OPEN_DATANET, digest('item', i), digest('manifest', i))
    } else if (i < FIRST_CURATED) {
      const stake = i === FIRST_STAKED ? ACCUSED_STAKE : STAKE
      await token.connect(cast.market).transfer(holder, stake)
      await token.connect(holder).approve(staking, stake)
      await staking.connect(holder).stake(STAKED_DATANET, stake)
      const batch = [STAKED_DATANET, digest('items', i), STAKED_ITEMS, digest('manifest', i)] as const
      await registry.commitBatchUnder(1, ...batch)
      const { locked } = await staking.positionOf(holder, STAKED_DATANET)
      expect(locked).to.equal(STAKE_PER_ITEM * BigInt(STAKED_ITEMS))
    } else {
      await registry.commit(CURATED_DATANET, digest('item', i), digest('manifest', i))
    }
  }
  expect(await datanetRegistry.contributorCount()).to.equal(HOLDERS)
}

/** The curator accepts first batches, refuses second ones; a contributor takes items back. */
export async function curateAndWithdraw({ system: { datanetRegistry }, cast }: World): Promise<void> {
  const curator = datanetRegistry.connect(cast.datanetOwners[2]!)
  for (const [at, holder] of cast.holders.slice(FIRST_CURATED).entries()) {
    const i = at + FIRST_CURATED
    await curator.decideBatch(CURATED_DATANET, BigInt(i) << 32n, true)
    if (!REFUSED.includes(i)) continue
    await datanetRegistry
      .connect(holder)
      .commitBatch(CURATED_DATANET, digest('copies', i), 8, digest('copies', i))
    await curator.decideBatch(CURATED_DATANET, (BigInt(i) << 32n) | 1n, false)
  }
  const first = (BigInt(WITHDRAWER) << 32n) | 3n
  await expect(datanetRegistry.connect(cast.holders[WITHDRAWER]!).withdraw(first, 2))
    .to.emit(datanetRegistry, 'ContributionsWithdrawn')
    .withArgs(WITHDRAWER, first, 2)
}
