import {
  provenJournal,
  provenLedger,
  provenManifest,
  provenSettlement,
} from '../../attribution-oracle/src/settlement/evidenceLeaves'
import type { LeafTree } from '../../attribution-oracle/src/settlement'
import { SIGNERS } from './corruptionScene'
import type { Ground, Published } from './settledEpochs'

/** What a contract ignores. */
export const NO_LEAF = { index: 0, account: `0x${'00'.repeat(20)}`, cumulative: 0n, prefix: 0n, proof: '0x' }
export const NO_POOL = {
  position: 0,
  poolId: 0n,
  settlementRoot: `0x${'00'.repeat(24)}`,
  leafCount: 0,
  totalWeight: 0n,
  amount: 0n,
  cumulative: 0n,
  prefix: 0n,
  proof: '0x',
}

/** Every challenge with leaves of an epoch, picked by `a` and `b`, as calls that change nothing. */
export function everyChallenge(
  ground: Ground,
  published: Published,
  a: number,
  b: number,
): Promise<unknown>[] {
  return [
    ...ledgerChallenges(ground, published, a, b),
    ...journalChallenges(ground, published, a),
    ...poolChallenges(ground, published, a, b),
    ...weightChallenges(ground, published, a, b),
  ]
}

function ledgerChallenges({ fraudProofs: proofs, last }: Ground, published: Published, a: number, b: number) {
  const { post, ledger, journal } = published
  const [one, two] = [a, b].map(at => provenLedger(ledger, at % ledger.leaves.length)) as [Own, Own]
  const right = provenLedger(ledger, Math.min(one.index + 1, ledger.leaves.length - 1))
  const before = last?.post ?? post
  const old = published.last?.ledger
  const was = old && one.index < old.leaves.length ? provenLedger(old, one.index) : NO_LEAF
  const entries = all(journal).map(at => provenJournal(journal, at))
  const own = entries.filter(({ contributorIndex }) => contributorIndex === one.index)
  return [
    proofs.challengeAccount.staticCall(post, SIGNERS, one),
    proofs.challengeMissing.staticCall(post, SIGNERS, 0, one.index, one.proof),
    proofs.challengeMissing.staticCall(post, SIGNERS, 3, one.index, one.proof),
    proofs.challengeFallen.staticCall(post, SIGNERS, before, was, two),
    proofs.challengeFallen.staticCall(post, SIGNERS, before, was, one),
    proofs.challengeFallen.staticCall(post, SIGNERS, post, one, one),
    proofs.challengePrefix.staticCall(post, SIGNERS, one, two),
    proofs.challengePrefix.staticCall(post, SIGNERS, one, right),
    proofs.challengeFirstPrefix.staticCall(post, SIGNERS, one),
    proofs.challengeTotal.staticCall(post, SIGNERS, one),
    ...[entries, own, entries.slice(a % (entries.length + 1)), entries.slice(0, 1), []].map(boundary =>
      proofs.challengeIncrease.staticCall(post, SIGNERS, before, was, one, boundary),
    ),
  ]
}

type Own = ReturnType<typeof provenLedger>

function journalChallenges({ fraudProofs: proofs, last }: Ground, { post, journal }: Published, a: number) {
  const before = last?.post ?? post
  return all(journal).flatMap(at => {
    const leaf = provenJournal(journal, at)
    const next = provenJournal(journal, (at + 1 + (a % 2)) % journal.leaves.length)
    return [
      proofs.challengeJournalLeaf.staticCall(post, SIGNERS, leaf),
      proofs.challengeJournalOrder.staticCall(post, SIGNERS, leaf, next),
      proofs.challengeJournalTotal.staticCall(post, SIGNERS, before, leaf),
      proofs.challengeMissing.staticCall(post, SIGNERS, 1, at, leaf.proof),
    ]
  })
}

function poolChallenges(
  { settlementProofs: proofs, fraudProofs, last }: Ground,
  published: Published,
  a: number,
  b: number,
) {
  const { post, manifest } = published
  const old = published.last?.manifest
  const before = last?.post ?? post
  const was = old ? all(old).map(at => provenManifest(old, at)) : []
  return all(manifest).flatMap(at => {
    const leaf = provenManifest(manifest, at)
    const next = provenManifest(manifest, (at + 1 + (a % 2)) % manifest.leaves.length)
    const own = was.filter(({ poolId }) => poolId === leaf.poolId)
    return [
      fraudProofs.challengeMissing.staticCall(post, SIGNERS, 2, at, leaf.proof),
      proofs.challengePool.staticCall(post, SIGNERS, leaf),
      proofs.challengePoolLeaf.staticCall(post, SIGNERS, leaf),
      proofs.challengePoolOrder.staticCall(post, SIGNERS, leaf, next),
      proofs.challengePoolTotal.staticCall(post, SIGNERS, before, leaf),
      ...[own, was, was.slice(b % (was.length + 1)), was.slice(-1), []].flatMap(shown => [
        proofs.challengePoolCumulative.staticCall(post, SIGNERS, before, leaf, shown),
        proofs.challengePoolDropped.staticCall(post, SIGNERS, before, shown[0] ?? leaf, [leaf]),
        proofs.challengePoolDropped.staticCall(post, SIGNERS, before, shown[0] ?? leaf, []),
        proofs.challengePoolDropped.staticCall(post, SIGNERS, before, shown[0] ?? leaf, [leaf, next]),
      ]),
    ]
  })
}

function weightChallenges({ settlementProofs: proofs }: Ground, published: Published, a: number, b: number) {
  const { post, manifest, journal, settlements } = published
  const entries = all(journal).map(at => provenJournal(journal, at))
  return all(manifest).flatMap(poolPosition => {
    const pool = provenManifest(manifest, poolPosition)
    const settlement = settlements.get(pool.poolId)!
    const weights = all(settlement).map(at => provenSettlement(settlement, at))
    const who = weights[a % Math.max(1, weights.length)]?.contributorIndex ?? a % 6
    const key = (leaf: { contributorIndex: number; poolPosition: number }) =>
      leaf.contributorIndex === who && leaf.poolPosition === poolPosition
    const boundaries = [
      weights,
      weights.filter(({ contributorIndex }) => contributorIndex === who),
      weights.slice(b % (weights.length + 1)),
      weights.slice(0, 1),
      [],
    ]
    const shown = [
      entries.filter(key),
      entries.slice(a % (entries.length + 1)).slice(0, 2),
      entries.slice(0, 1),
      [],
    ]
    return [
      ...weights.flatMap((leaf, at) => {
        const next = weights[(at + 1 + (a % 2)) % weights.length]!
        return [
          proofs.challengeWeight.staticCall(post, SIGNERS, pool, leaf),
          proofs.challengeWeightOrder.staticCall(post, SIGNERS, pool, leaf, next),
          proofs.challengeWeightTotal.staticCall(post, SIGNERS, pool, leaf),
          proofs.challengeWeightMissing.staticCall(post, SIGNERS, pool, at, leaf.proof),
        ]
      }),
      ...boundaries.flatMap(boundary =>
        shown.map(entry => proofs.challengeEntry.staticCall(post, SIGNERS, pool, who, boundary, entry)),
      ),
    ]
  })
}

function all<Leaf>({ leaves }: LeafTree<Leaf>): number[] {
  return leaves.map((_, at) => at)
}
