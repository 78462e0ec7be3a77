import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Digest } from '@open-datanets/content-store'
import { showEpoch } from '../../../scripts/showEpoch'
import { DemoError } from '../errors'
import { runOracle, writeOracleConfig } from '../oracleProcess'
import { finalize, passTime, type Stage, type World } from '../world'
import type { Corpus } from './contribute'

/** What the operator's process answered. Amounts are wei in decimal strings. */
export interface PostedEpoch {
  epoch: number
  specVersion: number
  blockNumber: number
  configDigest: Digest
  ledgerRoot: string
  journalRoot: string
  manifestRoot: string
  dataDigest: Digest
  total: string
}

/** The folder of one oracle: its configuration, its store, what it publishes. */
interface OracleFolder {
  config: string
  published: string
}

export interface Attribution {
  post: PostedEpoch
  claims: string
  operator: OracleFolder
  verifier: { agrees: boolean; ledgerRoot: string; dataDigest: string; seconds: number }
}

/** The operator's process scores, settles, publishes and posts; another process recomputes it all and compares. */
export async function attribute(world: World, stage: Stage, corpus: Corpus): Promise<Attribution> {
  const { terminal } = world
  await finalize(world)
  await corpus.evaluation.reveal()
  const operator = await configure(world, stage, 'operator', world.roles.operator.privateKey)
  await command(world, operator, 'operator', ['--confirm'])
  const post = await postIn(operator)
  await countGas(world, stage, 'post a root', 'RootPosted')
  terminal.fact(`root ${post.ledgerRoot} posted, data ${post.dataDigest.slice(0, 18)}…`)
  await finalize(world)

  const verifier = await configure(world, stage, 'verifier')
  const started = performance.now()
  // it computes everything again, and not a random sample
  const verified = await command(world, verifier, 'verifier', ['--mode', 'verifier'])
  const [epoch] = verified['epochs'] as { agrees: boolean | null; differsIn: string | null }[]
  const honest = await postIn(verifier)
  const agrees = epoch?.agrees === true && honest.ledgerRoot === post.ledgerRoot
  const seconds = (performance.now() - started) / 1000
  terminal.fact(
    agrees
      ? `a second process recomputed it from the chain and the published data, and agrees`
      : `a second process DIFFERS: ${epoch?.differsIn ?? 'it found no post'}`,
  )
  return {
    post,
    claims: path.join(operator.published, 'claims.json'),
    operator,
    verifier: { agrees, ledgerRoot: honest.ledgerRoot, dataDigest: honest.dataDigest, seconds },
  }
}

/** Lets the challenge window pass on the chain's clock, and has the operator make the root final. */
export async function closeWindow(world: World, stage: Stage, { operator }: Attribution): Promise<void> {
  const window = BigInt(stage.system.parameters.challengeWindow)
  await passTime(world, window + 1n)
  world.terminal.fact(`the chain's clock was moved by ${window / 86_400n} days: the challenge window is over`)
  await finalize(world)
  await command(world, operator, 'operator', ['--confirm'])
  await countGas(world, stage, 'make a root final', 'RootFinalized')
  await finalize(world)
  const { state, secondsLeft } = await showEpoch(stage.system.attributionOracle, 1)
  if (state !== 'final') {
    throw new DemoError('DISAGREEMENT', {
      what: `epoch 1, ${secondsLeft} s left`,
      got: state,
      expected: 'final',
    })
  }
  world.terminal.fact('epoch 1 is final, and the vault has exactly what it owes')
}

async function configure(
  world: World,
  stage: Stage,
  name: string,
  operatorKey?: string,
): Promise<OracleFolder> {
  const folder = path.join(world.options.out, name)
  await mkdir(folder, { recursive: true })
  const config = await writeOracleConfig({
    folder,
    rpcUrl: world.chain.url,
    deployment: stage.record,
    contentFolder: path.join(world.options.out, 'content'),
    workers: world.options.workers,
    ...(operatorKey && { operatorKey }),
  })
  return { config, published: path.join(folder, 'published/epoch-1') }
}

/** One cycle of the service as a process of its own. */
function command(
  world: World,
  { config }: OracleFolder,
  who: string,
  flags: string[],
): Promise<Record<string, unknown>> {
  const { terminal, signal } = world
  return runOracle(['run', '--once', ...flags], config, { terminal, who, signal })
}

/** The post that an oracle computed, as it published it. */
async function postIn({ published }: OracleFolder): Promise<PostedEpoch> {
  return JSON.parse(await readFile(path.join(published, 'post.json'), 'utf8')) as PostedEpoch
}

/** The gas of the transaction that had an event, which a process of its own sent. */
async function countGas(
  { chain, gas }: World,
  { system: { attributionOracle } }: Stage,
  action: string,
  event: 'RootPosted' | 'RootFinalized',
): Promise<void> {
  const { topicHash } = attributionOracle.interface.getEvent(event)
  const address = await attributionOracle.getAddress()
  const [log] = await chain.provider.getLogs({ address, topics: [topicHash], fromBlock: 0 })
  if (!log)
    throw new DemoError('DISAGREEMENT', { what: `the event of "${action}"`, got: 'none', expected: event })
  gas.add(action, (await chain.provider.getTransactionReceipt(log.transactionHash))?.gasUsed ?? 0n)
}
