import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { openContentStore } from '@open-datanets/content-store'
import { startChain } from '@open-datanets/embedded-chain'
import type { HDNodeWallet } from 'ethers'
import { recordPath } from '../../../scripts/deploymentRecord'
import { contribute, type Corpus } from '../chapters/contribute'
import { deploy } from '../chapters/deploy'
import { govern } from '../chapters/govern'
import { serve } from '../chapters/serve'
import { train } from '../chapters/train'
import { GasLedger } from '../gasLedger'
import { ACCOUNTS, castRoles, type Roles } from '../roles'
import type { Terminal } from '../terminal'
import { finalize, passTime, type Stage, type World } from '../world'
import { closeEpoch, SEEDING_BLOCKS } from './closeEpoch'
import { keepChainGoing } from './keepChainGoing'
import { nextSteps } from './nextSteps'
import { FAST_SIZE, SEED_SIZE, type SeedOptions } from './seedOptions'

const DAY = 86_400
/** Seeding moves the clock by little more than a week: it begins so much earlier, and ends with the real time. */
const EARLIER = 8 * DAY
/** The first other operators' account: none that the story uses. */
const MORE_OPERATORS = 30

/** Starts the chain, puts the protocol and an open epoch on it, tells what it did, and stays until it is stopped. */
export async function runSeededNode(
  options: SeedOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const folder = path.dirname(recordPath(options.network))
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const genesis = Math.floor(Date.now() / 1000) - EARLIER
  const finality = ['--timestamp', genesis, '--slots-in-an-epoch', 1]
  const mining = ['--mixed-mining', '--block-time', 1]
  const args = ['--accounts', ACCOUNTS, ...finality, ...mining]
  const chain = await startChain({ args, port: options.port, pollMs: 40 })
  try {
    const world = worldOf(options, folder, { terminal, chain, signal })
    const operators = operatorsOf(world.roles, options.operators)
    const { stage, corpus } = await seed(world, options.network, operators)
    tell(world, stage, operators)
    await keepChainGoing(world, stage, corpus, options.epochs)
  } finally {
    await chain.stop()
  }
}

function worldOf(
  { seed, fast }: SeedOptions,
  out: string,
  surroundings: Pick<World, 'terminal' | 'chain' | 'signal'>,
): World {
  return {
    ...surroundings,
    options: { seed, size: 'small', out, json: false, keepRunning: true, workers: 2 },
    size: fast ? FAST_SIZE : SEED_SIZE,
    roles: castRoles(surroundings.chain.provider),
    gas: new GasLedger(),
    content: openContentStore(path.join(out, 'content')),
    closing: SEEDING_BLOCKS,
  }
}

function operatorsOf({ operator, account }: Roles, count: number): HDNodeWallet[] {
  return [operator, ...Array.from({ length: count - 1 }, (_, i) => account(MORE_OPERATORS + i))]
}

async function seed(
  world: World,
  network: string,
  operators: readonly HDNodeWallet[],
): Promise<{ stage: Stage; corpus: Corpus }> {
  const chapter = <T>(title: string, work: () => Promise<T>): Promise<T> => {
    world.signal.throwIfAborted()
    world.terminal.chapter(title)
    return work()
  }
  const faults = Math.floor((operators.length - 1) / 3)
  const stage = await chapter('Deploy the protocol', () =>
    deploy(world, { network, operators, faults, challengeWindow: DAY }),
  )
  await chapter('Let the holders decide', () => govern(world, stage))
  const corpus = await chapter('Contribute', () => contribute(world, stage))
  const models = await chapter('Train a model and three adapters', () => train(world, stage, corpus))
  await chapter('Serve, and be paid', () => serve(world, stage, models))
  await corpus.evaluation.reveal()
  await closeEpoch(world, stage, 1, SEEDING_BLOCKS)
  await catchUpWithTheClock(world)
  await finalize(world)
  return { stage, corpus }
}

async function catchUpWithTheClock(world: World): Promise<void> {
  const block = await world.chain.provider.getBlock('latest')
  const behind = Math.floor(Date.now() / 1000) - block!.timestamp
  if (behind > 0) await passTime(world, BigInt(behind))
}

function tell({ terminal, chain }: World, { record }: Stage, operators: readonly HDNodeWallet[]): void {
  const network = path.basename(path.dirname(record))
  const here = (file: string): string => path.relative(process.cwd(), file)
  terminal.chapter('Ready for an operator')
  terminal.fact(`chain      ${chain.url}, chain 31337, until Ctrl-C`)
  terminal.fact(`record     ${here(record)}`)
  terminal.fact(`content    ${here(path.join(path.dirname(record), 'content'))}`)
  for (const { address, privateKey } of operators) {
    terminal.fact(`operator   ${address}, bonded`)
    terminal.fact(`           key ${privateKey}, known to everybody: for local chains only`)
  }
  terminal.fact('epoch      1 is open, its contributions, models and payments are on chain')
  const steps = nextSteps({ url: chain.url, network }, operators)
  for (const [i, step] of steps.entries()) terminal.fact(`${i === 0 ? 'next' : ''}`.padEnd(11) + step)
  if (operators.length === 1)
    terminal.fact(
      '           (oracle.json and oracle-data of an earlier local chain have to be removed first)',
    )
}
