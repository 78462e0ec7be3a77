import { id } from 'ethers'
import type { Bench } from '../bench'
import type { Row, Table } from '../table'
import { gasOf, startAnvil, type Anvil } from './anvil'
import { challengeGas } from './challenges'
import { claimGas, CLAIMS } from './claims'
import { digestOf, EpochMaker, type Epoch } from './epochs'
import { redeemGas } from './payments'
import { DATANET, startProtocol, type Protocol } from './protocol'

const BATCH_ITEMS = 1000

export const gas: Bench = {
  name: 'gas',
  claim: 'a claim costs <= 71k / 54k / 54k gas (new holder, existing, repeat) from a million leaves',
  run: async ({ claimLeaves, contributors }) => {
    const anvil = await startAnvil()
    try {
      const claims = await claimTable(anvil, claimLeaves)
      const protocol = await startProtocol(anvil, contributors)
      return [claims, await epochTable(protocol), await dailyTable(protocol), await sizeTable(protocol)]
    } finally {
      await anvil.stop()
    }
  },
}

/** Measured by us on the peers' own code, solc 0.8.30, 200 runs, cancun, trees of a million leaves, mean of 16. */
const CLAIM_PEERS: readonly Row[] = [
  { who: 'EigenLayer (proxied)', 'new holder': 128_300, 'existing holder': 111_200, repeat: 94_100 },
  { who: 'Merkl (proxied)', 'new holder': 142_100, 'existing holder': 125_000, repeat: 90_800 },
  { who: 'Morpho URD', 'new holder': 99_400, 'existing holder': 82_300, repeat: 65_200 },
  { who: '1inch cumulative', 'new holder': 95_600, 'existing holder': 78_500, repeat: 61_400 },
  { who: '1inch, 128-bit nodes', 'new holder': 90_800, 'existing holder': 73_700, repeat: 56_600 },
  { who: 'Uniswap bitmap, dirty word', 'new holder': 79_200, 'existing holder': 62_100 },
]

async function claimTable(anvil: Anvil, leaves: number): Promise<Table> {
  const { newHolder, existingHolder, repeat } = await claimGas(anvil, leaves)
  return {
    title: `Claim, ledger of ${leaves.toLocaleString('en-US')} leaves, gas of the whole transaction, mean of ${CLAIMS}`,
    rows: [
      { who: 'ours', 'new holder': newHolder, 'existing holder': existingHolder, repeat },
      { who: 'bar', 'new holder': 71_000, 'existing holder': 54_000, repeat: 54_000 },
      ...CLAIM_PEERS,
    ],
    notes: [
      "The peers' figures are records of an earlier measurement over 1,000,000 leaves, not of this run.",
    ],
  }
}

async function epochTable(protocol: Protocol): Promise<Table> {
  const { anvil, system, contributors } = protocol
  const maker = await EpochMaker.create(protocol)
  const first = await maker.settle(1)
  const firstGas = await publish(protocol, first)
  await anvil.pass(system.parameters.emission.epochLength)
  await gasOf(system.emissionController.fundEpoch())
  const second = await maker.settle(2, first)
  await gasOf(system.attributionOracle.openEpoch(2, digestOf('configuration 2')))
  const challenges = await challengeGas(protocol, maker, second, first)
  const secondGas = await publish(protocol, second)
  const postRow = (what: string, { post, finalize }: PublishGas): Row => ({
    what: `${what}: post ${post.toLocaleString('en-US')} + finalize ${finalize.toLocaleString('en-US')}`,
    gas: post + finalize,
    bar: 80_000,
  })
  return {
    title: `Epoch of ${contributors.length.toLocaleString('en-US')} registered contributors, one poster`,
    rows: [
      postRow('first epoch', firstGas),
      postRow('second epoch', secondGas),
      ...challenges.map(([kind, used]) => ({ what: `challenge: ${kind}`, gas: used, bar: 80_000 })),
    ],
    notes: [
      'Peers, post + finalize: Morpho 135,900 (no quorum), UMA 265,000, Lido 601,000. No peer has such challenges.',
      'A challenge includes slashing the poster. A quorum of posters is not built: its bar is not measured.',
    ],
  }
}

interface PublishGas {
  readonly post: number
  readonly finalize: number
}

async function publish({ anvil, system }: Protocol, { post }: Epoch): Promise<PublishGas> {
  const { attributionOracle } = system
  if ((await attributionOracle.configOf(post.epoch)) !== post.configDigest)
    await gasOf(attributionOracle.openEpoch(post.epoch, post.configDigest))
  const posted = await gasOf(attributionOracle.connect(anvil.account(1)).post(post))
  await anvil.pass(Number(await attributionOracle.challengeWindow()))
  return { post: posted, finalize: await gasOf(attributionOracle.finalize(post)) }
}

async function dailyTable(protocol: Protocol): Promise<Table> {
  const { datanetRegistry } = protocol.system
  const commit = (name: string) => gasOf(datanetRegistry.commit(DATANET, id(name), id(`manifest of ${name}`)))
  const firstCommit = await commit('first')
  const repeatCommit = await commit('second')
  const batch = await gasOf(
    datanetRegistry.commitBatch(DATANET, id('items'), BATCH_ITEMS, id('manifest of the batch')),
  )
  const { first, repeat, inBatch } = await redeemGas(protocol)
  return {
    title: 'Commit and redeem',
    rows: [
      { what: 'commit, first of a contributor', gas: firstCommit },
      { what: 'commit, later', gas: repeatCommit, bar: 31_000 },
      { what: `commit a batch of ${BATCH_ITEMS}, per item`, gas: batch / BATCH_ITEMS, bar: 40 },
      { what: 'redeem, first of a payer', gas: first },
      { what: 'redeem, later', gas: repeat },
      { what: 'redeem in a batch of 16 payers, per voucher', gas: inBatch },
    ],
    notes: ['Peer, register one item: Vana 199,900. No bar was set for redeeming.'],
  }
}

async function sizeTable({ anvil, system }: Protocol): Promise<Table> {
  const bars: Readonly<Record<string, number>> = { rewardVault: 2500, token: 10_000 }
  const rows: Row[] = []
  for (const [name, { address }] of Object.entries(system.record.contracts)) {
    const code = await anvil.provider.getCode(address)
    rows.push({ contract: name, bytes: code.length / 2 - 1, bar: bars[name] ?? 18_000 })
  }
  return { title: 'Size of the deployed code', rows }
}
