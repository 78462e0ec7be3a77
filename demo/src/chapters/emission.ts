import { passTime, type Stage, type World } from '../world'

/** Funds the next emission, at the first moment that the protocol allows it. */
export async function fundEmission(world: World, { system }: Stage): Promise<void> {
  const { emissionController } = system
  const [start, length, epoch] = await Promise.all([
    emissionController.startTime(),
    emissionController.epochLength(),
    emissionController.nextEpoch(),
  ])
  const block = await world.chain.provider.getBlock('latest')
  const wait = start + epoch * length - BigInt(block!.timestamp)
  if (wait > 0n) await passTime(world, wait)
  await world.gas.mined('fund an emission', emissionController.fundEpoch())
}
