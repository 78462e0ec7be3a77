import { advanceEpochs } from './advanceEpochs'
import { answerDemands } from './answer'
import { ChainView } from './chainView'
import type { ServiceDeps, ServiceOptions } from './dependencies'
import { isBroken, isStop } from './faults'
import { finalize } from './finalize'
import { followPeers } from './followPeers'
import type { Memory } from './memory'
import type { Round } from './round'
import { settleSlashes } from './settleSlashes'
import { strike } from './strike'
import { submit } from './submit'
import { verifyPosts } from './verifyPosts'

/** A step that did not get through, and why; the other steps went on without it. */
export interface FailedStep {
  step: string
  error: unknown
}

type Step = [name: string, run: (round: Round) => Promise<void>]

const BEGIN: Step[] = [['reconcile', reconcile]]
const COMPUTE: Step[] = [['compute', advanceEpochs]]
const WATCH: Step[] = [
  ['verify', verifyPosts],
  ['challenge', strike],
]
const OPERATE: Step[] = [
  ['submit', submit],
  ['follow peers', followPeers],
  ['answer demands', answerDemands],
  ['finalize', finalize],
]
const CLOSE: Step[] = [['settle slashes', settleSlashes]]

/** A verifier that only samples settles nothing of its own. */
function stepsOf({ mode, verifyShare }: ServiceOptions): Step[] {
  const sampling = mode === 'verifier' && verifyShare < 1
  return [...BEGIN, ...(sampling ? [] : COMPUTE), ...WATCH, ...(mode === 'operator' ? OPERATE : []), ...CLOSE]
}

/**
 * One look at the chain and all that follows from it. A step that fails does not hold up the others.
 * @param onFailed hears of it at once: the other steps may take long
 * @throws ABORTED when asked to stop, and what must not be survived
 */
export async function runCycle(
  deps: ServiceDeps,
  options: ServiceOptions,
  memory: Memory,
  onFailed: (failed: FailedStep) => void,
): Promise<FailedStep[]> {
  const failed: FailedStep[] = []
  const attempt = async (step: string, run: () => Promise<void>): Promise<boolean> => {
    options.signal.throwIfAborted()
    try {
      await run()
      return true
    } catch (error) {
      if (isStop(error, options.signal) || isBroken(error)) throw error
      failed.push({ step, error })
      onFailed({ step, error })
      return false
    }
  }
  let round: Round | undefined
  await attempt('index', async () => void (round = await index(deps, options, memory)))
  if (round) for (const [step, run] of stepsOf(options)) await attempt(step, () => run(round!))
  return failed
}

async function index(deps: ServiceDeps, options: ServiceOptions, memory: Memory): Promise<Round> {
  const chain = await ChainView.of(deps.chain)
  const { latest } = chain
  const history = await chain.history(latest.number, options.signal)
  if (deps.heads) await deps.heads()
  else tellBlocks(options, latest.number)
  return { deps: { ...deps, chain }, options, memory, latest, history }
}

/** What was sent and is not final: sent again, replaced or written off, before anything new is. */
async function reconcile({ deps: { poster } }: Round): Promise<void> {
  await poster?.reconcile()
}

function tellBlocks({ observe }: ServiceOptions, finalized: number): void {
  observe({ kind: 'blocks', head: finalized, safe: finalized, finalized, indexed: finalized })
}
