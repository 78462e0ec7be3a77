import { mkdir } from 'node:fs/promises'
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

export interface Attribution {
  post: PostedEpoch
  claims: string
  operatorConfig: string
  verifier: { agrees: boolean; ledgerRoot: string; dataDigest: string; seconds: number }
}

/** The operator's process scores, settles, publishes and posts; another process recomputes it all and compares. */
export async function attribute(world: World, stage: Stage, corpus: Corpus): Promise<Attribution> {
  const { terminal } = world
  await finalize(world)
  await corpus.evaluation.reveal()
  const operatorConfig = await configure(world, stage, 'operator', world.roles.operator.privateKey)
  const ran = await command(world, operatorConfig, 'operator', ['epoch', 'run', '--epoch', '1', '--confirm'])
  const post = ran['post'] as unknown as PostedEpoch
  world.gas.add('post a root', await gasOf(world, String(ran['transaction'])))
  terminal.fact(`root ${post.ledgerRoot} posted, data ${post.dataDigest.slice(0, 18)}…`)
  await finalize(world)

  const verifierConfig = await configure(world, stage, 'verifier')
  const started = performance.now()
  const verified = await command(world, verifierConfig, 'verifier', ['epoch', 'verify', '--epoch', '1'])
  const honest = verified['honest'] as unknown as PostedEpoch
  const agrees = verified['agrees'] === true && honest.ledgerRoot === post.ledgerRoot
  const seconds = (performance.now() - started) / 1000
  terminal.fact(
    agrees
      ? `a second process recomputed it from the chain and the published data, and agrees`
      : `a second process DIFFERS: ${JSON.stringify(verified['differences'])}`,
  )
  return {
    post,
    claims: String(ran['claims']),
    operatorConfig,
    verifier: { agrees, ledgerRoot: honest.ledgerRoot, dataDigest: honest.dataDigest, seconds },
  }
}

/** Lets the challenge window pass on the chain's clock, and has the operator make the root final. */
export async function closeWindow(
  world: World,
  stage: Stage,
  { operatorConfig }: Attribution,
): Promise<void> {
  const window = BigInt(stage.system.parameters.challengeWindow)
  await passTime(world, window + 1n)
  world.terminal.fact(`the chain's clock was moved by ${window / 86_400n} days: the challenge window is over`)
  await finalize(world)
  const done = await command(world, operatorConfig, 'operator', [
    'epoch',
    'finalize',
    '--epoch',
    '1',
    '--confirm',
  ])
  const sent = done['sent'] as { hash?: string; transactionHash?: string } | null
  const hash = sent?.hash ?? sent?.transactionHash
  if (hash) world.gas.add('make a root final', await gasOf(world, hash))
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

async function configure(world: World, stage: Stage, name: string, operatorKey?: string): Promise<string> {
  const folder = path.join(world.options.out, name)
  await mkdir(folder, { recursive: true })
  return writeOracleConfig({
    folder,
    rpcUrl: world.chain.url,
    deployment: stage.record,
    contentFolder: path.join(world.options.out, 'content'),
    workers: world.options.workers,
    ...(operatorKey && { operatorKey }),
  })
}

function command(
  world: World,
  config: string,
  who: string,
  args: string[],
): Promise<Record<string, unknown>> {
  return runOracle(args, config, { terminal: world.terminal, who, signal: world.signal })
}

async function gasOf({ chain }: World, hash: string): Promise<bigint> {
  return (await chain.provider.getTransactionReceipt(hash))?.gasUsed ?? 0n
}
