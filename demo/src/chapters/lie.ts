import {
  epochBlocks,
  findChallenge,
  loadKeccak,
  readEpoch,
  treeBuilder,
  type Challenge,
  type Post,
} from '@open-datanets/attribution-oracle'
import { DemoError } from '../errors'
import type { Report } from '../report'
import { finalize, type Stage, type World } from '../world'
import type { Attribution } from './attribute'
import { fundEmission } from './emission'

/** The liar is the second operator of the set, and its word alone is enough to post. */
const LIAR = 0b10
const EMPTY_ROOT = `0x${'00'.repeat(24)}` as const

/**
 * A bonded operator posts a root of its own for epoch 2, one account one wei too high and every sum made to fit. The
 * watcher reads what was published, finds the lie, and one transaction strikes the root down.
 */
export async function lie(world: World, stage: Stage, { post }: Attribution): Promise<Report['lie']> {
  const { system } = stage
  const manager = system.attributionOracle.connect(world.roles.epochManager)
  await world.gas.mined('open an epoch', manager.openEpoch(2, post.configDigest))
  await fundEmission(world, stage)
  const told = await postLie(world, stage, { ...post, total: BigInt(post.total) } as Post)
  const { operatorSet, token, fraudProofs, attributionOracle } = system
  world.terminal.fact(`a lying operator posts epoch 2: ${told.account} is one wei too high, every sum fits`)

  const challenge = findChallenge(await published(world, stage, told.post, told.honest))
  if (challenge?.kind !== 'increase') {
    const data = {
      what: 'the lie that the watcher finds',
      got: String(challenge?.kind),
      expected: 'increase',
    }
    throw new DemoError('DISAGREEMENT', data)
  }
  const [bond, supply] = await Promise.all([operatorSet.bondOf(world.roles.liar), token.totalSupply()])
  const gas = await strike(world, fraudProofs.connect(world.roles.watcher), told.post, challenge)
  const { pendingHash } = await attributionOracle.pending()
  if (BigInt(pendingHash) !== 0n)
    throw new DemoError('DISAGREEMENT', { what: 'the pending root', got: pendingHash, expected: 'none' })
  // the challenge marks, whoever comes pays out: the proof itself stays cheap
  await world.gas.mined(
    'settle a slash',
    operatorSet.connect(world.roles.watcher).settleSlash(world.roles.liar),
  )
  const [left, burned] = await Promise.all([operatorSet.bondOf(world.roles.liar), token.totalSupply()])
  const reward = await token.balanceOf(world.roles.watcher)
  await world.gas.mined(
    'collect a challenge reward',
    operatorSet.connect(world.roles.watcher).collectReward(),
  )
  const collected = (await token.balanceOf(world.roles.watcher)) - reward
  world.terminal.fact(
    `one transaction of the watcher strikes it down (${gas} gas); a second one settles its bond of ${(bond - left) / 10n ** 18n} OPEN, half burned, half to the watcher`,
  )
  return {
    account: told.account,
    extraWei: '1',
    postedRoot: told.post.ledgerRoot,
    honestRoot: told.honest.ledgerRoot,
    challenge: challenge.kind,
    gas: String(gas),
    slashed: String(bond - left),
    burned: String(supply - burned),
    reward: String(collected),
  }
}

interface Told {
  post: Post
  /** The final post of epoch 1: nobody earned anything since, so its ledger is the honest one. */
  honest: Post
  account: string
}

async function postLie(world: World, stage: Stage, honest: Post): Promise<Told> {
  const { content, chain, roles, gas } = world
  const data = await readEpoch(content, honest.dataDigest)
  const ledger = data.tables.ledger.map(leaf => ({ ...leaf }))
  const victor = ledger.findIndex(({ cumulative }) => cumulative > 0n)
  ledger[victor]!.cumulative += 1n
  let total = 0n
  for (const leaf of ledger) {
    leaf.prefix = total
    total += leaf.cumulative
  }
  const tables = {
    ...data.tables,
    ledger,
    journal: [],
    manifest: [],
    settlement: [],
    weights: [],
    scores: [],
  }
  const header = { ...data.header, epoch: 2, previous: honest.dataDigest }
  const { dataDigest, blocks } = await epochBlocks({ ...data, header, tables })
  for (const block of blocks) await content.put(block.bytes)

  const trees = treeBuilder(await loadKeccak(), systemOf(stage))
  const block = await chain.provider.getBlock('finalized')
  const post: Post = {
    ...honest,
    epoch: 2,
    blockNumber: block!.number,
    blockHash: block!.hash as Post['blockHash'],
    ledgerRoot: trees.ledger(ledger).tree.root,
    journalRoot: EMPTY_ROOT,
    manifestRoot: EMPTY_ROOT,
    journalCount: 0,
    manifestCount: 0,
    total,
    dataDigest,
  }
  await gas.mined('post a root', stage.system.attributionOracle.connect(roles.liar).post(post, LIAR, '0x'))
  await finalize(world)
  return { post, honest, account: ledger[victor]!.account }
}

/** What the watcher knows: the published leaves of both epochs, and what the chain says. */
async function published(
  { content }: World,
  stage: Stage,
  post: Post,
  last: Post,
): Promise<Parameters<typeof findChallenge>[0]> {
  const trees = treeBuilder(await loadKeccak(), systemOf(stage))
  const { tables } = await readEpoch(content, post.dataDigest)
  const before = await readEpoch(content, last.dataDigest)
  const { datanetRegistry } = stage.system
  const count = Number(await datanetRegistry.contributorCount())
  const accounts = await Promise.all(
    Array.from({ length: count }, (_, i) => datanetRegistry.contributorAt(i)),
  )
  return {
    post,
    ledger: trees.ledger(tables.ledger),
    journal: trees.journal(tables.journal),
    manifest: trees.manifest(tables.manifest),
    settlements: new Map(),
    last: {
      post: last,
      ledger: trees.ledger(before.tables.ledger),
      manifest: trees.manifest(before.tables.manifest),
    },
    accounts,
    committed: (await Promise.all(accounts.map(account => datanetRegistry.contributionCountOf(account)))).map(
      Number,
    ),
    funded: new Map(),
  }
}

function strike(
  { gas }: World,
  fraudProofs: Stage['system']['fraudProofs'],
  post: Post,
  { last, was, now, boundary }: Extract<Challenge, { kind: 'increase' }>,
): Promise<bigint> {
  const sent = fraudProofs.challengeIncrease(post, LIAR, last!, was!, now, [...boundary])
  return gas.mined('strike down a wrong root', sent)
}

export function systemOf({ system: { record } }: Stage): Parameters<typeof treeBuilder>[1] {
  const { rewardVault, datanetRegistry, inferencePayments } = record.contracts
  return {
    chainId: Number(record.chainId),
    vault: rewardVault.address,
    registry: datanetRegistry.address,
    payments: inferencePayments.address,
  }
}
