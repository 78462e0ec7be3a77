import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type ContractTransactionResponse, getBytes } from 'ethers'

import { type LeafTree, NODE_BYTES, PositionalTree, answerOf } from '../../attribution-oracle/src/settlement'
import {
  provenJournal,
  provenLedger,
  provenManifest,
  provenSettlement,
} from '../../attribution-oracle/src/settlement/evidenceLeaves'
import { type Epoch, RESPONSE, SIGNERS, WINDOW, corruptionScene, fund, postOf } from './corruptionScene'
import { asked, post } from './settledEpochs'
import { itMeasured } from '../token/measured'

/** Every tree has this many leaves: depth 12. */
const LEAVES = 4096
const HOLE = 3000
const MIDDLE = 2001
const list = <T>(of: (i: number) => T): T[] => Array.from({ length: LEAVES }, (_, i) => of(i))

/** Leaves in which everything is a lie, so that every challenge has something to prove in one and the same post. */
function wild(epoch: number, settlementRoot: `0x${string}`): Epoch {
  const noise = (i: number) => BigInt(1 + ((i * 2_654_435_761) % 1_000_003)) * 10n ** 15n
  return {
    settlements: new Map(),
    manifest: list(i => ({
      // pool 2049 is gone in epoch 2
      poolId: BigInt(epoch === 2 && i >= 2048 ? i + 2 : i + 1),
      settlementRoot,
      leafCount: LEAVES,
      totalWeight: noise(i),
      amount: noise(i + 1),
      cumulative: noise(i + 2),
      prefix: noise(i + 3),
    })),
    journal: list(i => ({
      contributorIndex: i >> 1,
      poolPosition: (i & 1) + (i >> 1 === 1000 ? 1 : 0),
      amount: noise(i),
      prefix: noise(i + 5),
    })),
    ledger: list(i => ({
      account: `0x${(i + 1).toString(16).padStart(8, '7').repeat(5)}`,
      cumulative: noise(i) * BigInt(3 - epoch) + 1n,
      prefix: noise(i + 7),
    })),
    total: 10n ** 18n,
  }
}

async function fixture() {
  const scene = await corruptionScene()
  await fund(scene, new Map([[1n << 40n, 10n ** 19n]]))
  const settled = scene.trees.settlement(
    1n,
    list(i => ({
      contributorIndex: i >> 1,
      contributionId: (BigInt(i >> 1) << 32n) | BigInt(i & 1),
      weight: BigInt(i) * 10n ** 9n + 1n,
      prefix: BigInt(i) * 10n ** 12n + 9n,
    })),
  )
  const hashes = new Uint8Array(LEAVES * NODE_BYTES)
  settled.leaves.forEach((_, i) => i !== HOLE && hashes.set(settled.tree.leaf(i), i * NODE_BYTES))
  const settlement: LeafTree<(typeof settled.leaves)[number]> = {
    leaves: settled.leaves,
    tree: PositionalTree.fromLeaves(scene.keccak, hashes),
  }
  const [before, now] = [1, 2].map(epoch => wild(epoch, settlement.tree.root)) as [Epoch, Epoch]
  const last = postOf(scene, 1, before)
  await post(scene, last)
  await time.increase(WINDOW)
  await scene.oracle.finalize(last, SIGNERS)
  const pending = postOf(scene, 2, now)
  await post(scene, pending)
  const { trees } = scene
  return {
    ...scene,
    settlement,
    last,
    pending,
    old: { ledger: trees.ledger(before.ledger), manifest: trees.manifest(before.manifest) },
    now: {
      ledger: trees.ledger(now.ledger),
      journal: trees.journal(now.journal),
      manifest: trees.manifest(now.manifest),
    },
  }
}

type Given = Awaited<ReturnType<typeof fixture>>

/** Each challenge in its dearest form, with what it may cost in thousands of gas, call data included. */
const BARS: [string, number, (given: Given) => Promise<ContractTransactionResponse>][] = [
  ['account', 86, g => g.fraudProofs.challengeAccount(g.pending, SIGNERS, provenLedger(g.now.ledger, 2))],
  [
    'firstPrefix',
    78,
    g => g.fraudProofs.challengeFirstPrefix(g.pending, SIGNERS, provenLedger(g.now.ledger, 0)),
  ],
  [
    'prefix',
    89,
    g =>
      g.fraudProofs.challengePrefix(
        g.pending,
        SIGNERS,
        provenLedger(g.now.ledger, MIDDLE),
        provenLedger(g.now.ledger, MIDDLE + 1),
      ),
  ],
  [
    'total',
    79,
    g => g.fraudProofs.challengeTotal(g.pending, SIGNERS, provenLedger(g.now.ledger, LEAVES - 1)),
  ],
  [
    'fallen',
    100,
    g =>
      g.fraudProofs.challengeFallen(
        g.pending,
        SIGNERS,
        g.last,
        provenLedger(g.old.ledger, MIDDLE),
        provenLedger(g.now.ledger, MIDDLE),
      ),
  ],
  [
    'journalLeaf',
    83,
    g => g.fraudProofs.challengeJournalLeaf(g.pending, SIGNERS, provenJournal(g.now.journal, 0)),
  ],
  [
    'journalOrder',
    92,
    g =>
      g.fraudProofs.challengeJournalOrder(
        g.pending,
        SIGNERS,
        provenJournal(g.now.journal, MIDDLE),
        provenJournal(g.now.journal, MIDDLE + 1),
      ),
  ],
  [
    'journalTotal',
    92,
    g =>
      g.fraudProofs.challengeJournalTotal(
        g.pending,
        SIGNERS,
        g.last,
        provenJournal(g.now.journal, LEAVES - 1),
      ),
  ],
  [
    'increase',
    152,
    g =>
      g.fraudProofs.challengeIncrease(
        g.pending,
        SIGNERS,
        g.last,
        provenLedger(g.old.ledger, 900),
        provenLedger(g.now.ledger, 900),
        [1799, 1800, 1801, 1802].map(at => provenJournal(g.now.journal, at)),
      ),
  ],
  [
    'pool',
    87,
    g => g.settlementProofs.challengePool(g.pending, SIGNERS, provenManifest(g.now.manifest, MIDDLE)),
  ],
  [
    'poolLeaf',
    84,
    g => g.settlementProofs.challengePoolLeaf(g.pending, SIGNERS, provenManifest(g.now.manifest, 0)),
  ],
  [
    'poolOrder',
    95,
    g =>
      g.settlementProofs.challengePoolOrder(
        g.pending,
        SIGNERS,
        provenManifest(g.now.manifest, MIDDLE),
        provenManifest(g.now.manifest, MIDDLE + 1),
      ),
  ],
  [
    'poolTotal',
    94,
    g =>
      g.settlementProofs.challengePoolTotal(
        g.pending,
        SIGNERS,
        g.last,
        provenManifest(g.now.manifest, LEAVES - 1),
      ),
  ],
  [
    'poolCumulative',
    108,
    g =>
      g.settlementProofs.challengePoolCumulative(
        g.pending,
        SIGNERS,
        g.last,
        provenManifest(g.now.manifest, MIDDLE),
        [provenManifest(g.old.manifest, MIDDLE)],
      ),
  ],
  [
    'poolDropped',
    120,
    g =>
      g.settlementProofs.challengePoolDropped(
        g.pending,
        SIGNERS,
        g.last,
        provenManifest(g.old.manifest, 2048),
        [provenManifest(g.now.manifest, 2047), provenManifest(g.now.manifest, 2048)],
      ),
  ],
  [
    'weight',
    105,
    g =>
      g.settlementProofs.challengeWeight(
        g.pending,
        SIGNERS,
        provenManifest(g.now.manifest, 0),
        provenSettlement(g.settlement, 0),
      ),
  ],
  [
    'weightOrder',
    105,
    g =>
      g.settlementProofs.challengeWeightOrder(
        g.pending,
        SIGNERS,
        provenManifest(g.now.manifest, 0),
        provenSettlement(g.settlement, MIDDLE),
        provenSettlement(g.settlement, MIDDLE + 1),
      ),
  ],
  [
    'weightTotal',
    94,
    g =>
      g.settlementProofs.challengeWeightTotal(
        g.pending,
        SIGNERS,
        provenManifest(g.now.manifest, 0),
        provenSettlement(g.settlement, LEAVES - 1),
      ),
  ],
  [
    'weightMissing',
    92,
    g =>
      g.settlementProofs.challengeWeightMissing(
        g.pending,
        SIGNERS,
        provenManifest(g.now.manifest, 0),
        HOLE,
        g.settlement.tree.proof(HOLE),
      ),
  ],
  [
    'entry, wrong',
    145,
    g =>
      g.settlementProofs.challengeEntry(
        g.pending,
        SIGNERS,
        provenManifest(g.now.manifest, 0),
        900,
        [1799, 1800, 1801, 1802].map(at => provenSettlement(g.settlement, at)),
        [provenJournal(g.now.journal, 1800)],
      ),
  ],
  [
    'entry, missing',
    157,
    g =>
      g.settlementProofs.challengeEntry(
        g.pending,
        SIGNERS,
        provenManifest(g.now.manifest, 0),
        1000,
        [1999, 2000, 2001, 2002].map(at => provenSettlement(g.settlement, at)),
        [1999, 2000].map(at => provenJournal(g.now.journal, at)),
      ),
  ],
]

/** What the call data alone costs: 16 gas a byte, 4 for a zero. */
function dataGas(data: string) {
  return getBytes(data).reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0)
}

describe('The gas of challenges at depth 12', () => {
  for (const [name, bar, send] of BARS) {
    itMeasured(`${name} within ${bar}k`, async () => {
      const given = await loadFixture(fixture)
      const sent = await send(given)
      const { gasUsed } = (await sent.wait())!
      if (process.env['REPORT_GAS']) console.log(name, Number(gasUsed), dataGas(sent.data))
      expect(Number(gasUsed)).to.be.lessThan(bar * 1000)
    })
  }

  itMeasured('demand, reveal and rejection of a page', async () => {
    const given = await loadFixture(fixture)
    const { pageDemands, pending, now } = given
    const used: [string, ContractTransactionResponse][] = []
    const ask = async (number: number) => {
      const call = [pending, SIGNERS, 3, number, provenManifest(now.manifest, 0)] as const
      const page = asked(await pageDemands.demand.staticCall(...call))
      used.push(['demand', await pageDemands.demand(...call)])
      return page
    }
    const [page, other] = [await ask(0), await ask(1)]
    const { leaves, proof } = answerOf(
      { ...page, tree: 'settlement', root: page.root as `0x${string}` },
      given.settlement,
    )
    used.push(['reveal', await pageDemands.reveal(page, leaves, proof)])
    await time.increase(RESPONSE + 1)
    used.push(['rejectUnrevealed', await pageDemands.rejectUnrevealed(pending, SIGNERS, other)])
    for (const [name, sent] of used) {
      const { gasUsed } = (await sent.wait())!
      if (process.env['REPORT_GAS']) console.log(name, Number(gasUsed), dataGas(sent.data))
      expect(Number(gasUsed)).to.be.lessThan(180_000)
    }
  })
})
