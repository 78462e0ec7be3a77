import { setTimeout as sleep } from 'node:timers/promises'
import { fundEmission } from '../chapters/emission'
import type { Corpus } from '../chapters/contribute'
import { openEpoch } from '../chapters/contribute'
import { closeEpoch, NEXT_BLOCKS } from './closeEpoch'
import { finalize, passTime, type Stage, type World } from '../world'

const LOOK_MS = 500
/** For others to look at a post before the challenge window is over, which is a day long for nobody but this chain. */
const WINDOW_MS = 5_000

/**
 * Lets the challenge window of every posted root pass, and opens the next epoch when one is final, until the signal.
 * @param epochs so many are opened
 */
export async function keepChainGoing(
  world: World,
  stage: Stage,
  corpus: Corpus,
  epochs: number,
): Promise<void> {
  const { signal, terminal } = world
  const { attributionOracle, parameters } = stage.system
  let open = 1
  let passed = ''
  while (!signal.aborted) {
    const [pending, finalEpoch] = await Promise.all([
      attributionOracle.pending(),
      attributionOracle.finalEpoch(),
    ])
    const key = `${pending.pendingHash}/${pending.deadline}`
    if (pending.deadline > 0n && key !== passed) {
      passed = key
      terminal.fact(
        `a root for epoch ${finalEpoch + 1n} is posted; its challenge window of a day is over in 5 s`,
      )
      await sleep(WINDOW_MS, undefined, { signal }).catch(() => undefined)
      await passTime(world, BigInt(parameters.challengeWindow) + 1n)
      await finalize(world)
    }
    if (Number(finalEpoch) === open) {
      terminal.fact(`epoch ${open} is final, and the vault has exactly what it owes`)
      open++
      if (open <= epochs) {
        await openEpoch({ ...world, closing: NEXT_BLOCKS }, stage, corpus.evaluation.digest, open)
        await fundEmission(world, stage)
        await closeEpoch(world, stage, open, NEXT_BLOCKS)
        terminal.fact(`epoch ${open} is open`)
      }
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
  }
}
