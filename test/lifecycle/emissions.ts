import { time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'

import { poolId } from '../../attribution-oracle/src/domain'
import { WEIGHTS } from './governance'
import { MODELS } from './models'
import type { World } from './world'

const WHOLE = 10_000n

/** One emission epoch, capped by the fees that each datanet's models brought; parents' parts are passed on. */
export async function emitEpoch({ system, cast }: World): Promise<void> {
  const { rewardEscrow } = system
  const controller = system.emissionController.connect(cast.anyone)
  const epoch = await controller.nextEpoch()
  const opensAt = (await controller.startTime()) + epoch * (await controller.epochLength())
  if (BigInt(await time.latest()) < opensAt) await time.increaseTo(opensAt)
  for (const modelId of MODELS) await controller.reportFees(modelId)

  const shares = await sharesOf(system)
  const before = await Promise.all(WEIGHTS.ids.map(id => rewardEscrow.funded(poolId('datanet', id))))
  const emitted = shares.reduce((sum, share) => sum + share, 0n)
  expect(emitted).to.be.lessThan(await controller.budget())
  await expect(controller.fundEpoch()).to.emit(controller, 'EpochFunded').withArgs(epoch, emitted)
  for (const datanetId of [...WEIGHTS.ids].reverse()) {
    if ((await controller.accrued(datanetId)) > 0n) await controller.fundAccrued(datanetId)
  }
  expect(await controller.totalAccrued()).to.equal(0n)

  const expected = await passedOn(system, shares)
  for (const [i, datanetId] of WEIGHTS.ids.entries()) {
    const got = (await rewardEscrow.funded(poolId('datanet', datanetId))) - before[i]!
    expect(got).to.equal(expected.get(datanetId))
  }
  expect([...expected.values()].reduce((sum, wei) => sum + wei, 0n)).to.equal(emitted)
}

/** What each pool gets of the shares: children give parents their parts, of their own and of what they were given. */
async function passedOn({ datanetRegistry }: World['system'], shares: readonly bigint[]) {
  const pools = new Map(WEIGHTS.ids.map(datanetId => [datanetId, 0n]))
  const accrued = new Map(WEIGHTS.ids.map(datanetId => [datanetId, 0n]))
  const share = async (datanetId: number, amount: bigint): Promise<void> => {
    const [parents, bps] = await datanetRegistry.parentsOf(datanetId)
    let own = amount
    for (const [i, parent] of parents.entries()) {
      const part = (amount * bps[i]!) / WHOLE
      accrued.set(Number(parent), accrued.get(Number(parent))! + part)
      own -= part
    }
    pools.set(datanetId, pools.get(datanetId)! + own)
  }
  for (const [i, datanetId] of WEIGHTS.ids.entries()) await share(datanetId, shares[i]!)
  for (const datanetId of [...WEIGHTS.ids].reverse()) await share(datanetId, accrued.get(datanetId)!)
  return pools
}

/** What each datanet gets: its weight's part, or what its fees and the floor allow. */
async function sharesOf({ emissionController }: World['system']): Promise<bigint[]> {
  const budget = await emissionController.budget()
  const [capBps, floor] = [await emissionController.feeCapBps(), await emissionController.floorPerDatanet()]
  return Promise.all(
    WEIGHTS.ids.map(async (datanetId, i) => {
      const weighted = (budget * BigInt(WEIGHTS.bps[i]!)) / WHOLE
      const most = floor + ((await emissionController.pendingFees(datanetId)) * capBps) / WHOLE
      return weighted < most ? weighted : most
    }),
  )
}
