import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import fc from 'fast-check'

import { challengeCall } from '../../attribution-oracle/src/chain/challengeCalls'
import { POSTED_TREES, type Challenge } from '../../attribution-oracle/src/domain'
import { findChallenge, findDemands } from '../../attribution-oracle/src/settlement'
import {
  type Epoch,
  ITEMS,
  RESPONSE,
  SIGNERS,
  WINDOW,
  corruptionScene,
  fund,
  honest,
  postOf,
  postedOf,
} from './corruptionScene'
import { type Corruption, corruptions } from './corruptions'
import { NO_POOL, everyChallenge } from './everyChallenge'
import {
  type Ground,
  POOLS,
  type Published,
  asked,
  firstEpoch,
  post,
  secondEpoch,
  told,
} from './settledEpochs'

/** Every kind of evidence; a new one must be needed by some lie. */
const KINDS: Record<Challenge['kind'] | 'unrevealed', true> = {
  account: true,
  firstPrefix: true,
  prefix: true,
  fallen: true,
  total: true,
  missing: true,
  journalLeaf: true,
  journalOrder: true,
  journalTotal: true,
  increase: true,
  pool: true,
  poolLeaf: true,
  poolOrder: true,
  poolTotal: true,
  poolCumulative: true,
  poolDropped: true,
  weight: true,
  weightOrder: true,
  weightTotal: true,
  weightMissing: true,
  entry: true,
  unrevealed: true,
}

/** What no sum can tell: it pays nobody anything else. */
const HARMLESS = [
  // a weight on another item of the same contributor, in the same order: who is paid does not change
  /^settlement \d+ \d+\.contributionId /,
]

/** How a lie ends: refused by the oracle, proven, never shown, or standing. */
async function fate(scene: Ground, { posted }: Corruption): Promise<string> {
  try {
    await post(scene, posted.post)
  } catch {
    return 'refused'
  }
  const { oracle, pageDemands, challenger } = scene
  const challenge = findChallenge(posted)
  if (challenge) {
    const { contract, data } = challengeCall(posted.post, SIGNERS, challenge)
    await challenger.sendTransaction({ to: await scene[contract].getAddress(), data })
  } else {
    const [demand] = findDemands(posted)
    if (!demand) return 'stands'
    const tree = POSTED_TREES.indexOf(demand.tree)
    const pool = demand.pool ?? NO_POOL
    const page = await pageDemands.demand.staticCall(posted.post, SIGNERS, tree, demand.number, pool)
    await pageDemands.demand(posted.post, SIGNERS, tree, demand.number, pool)
    await time.increase(RESPONSE + 1)
    await pageDemands.connect(challenger).rejectUnrevealed(posted.post, SIGNERS, asked(page))
  }
  expect((await oracle.pending()).deadline).to.equal(0n)
  return challenge?.kind ?? 'unrevealed'
}

/** Whether there is a lie at all. */
function isHonest({ posted }: Corruption, { post: honestPost }: Ground) {
  return JSON.stringify(posted.post, bigints) === JSON.stringify(honestPost, bigints)
}

async function fates(fixture: () => Promise<Ground>) {
  const ends = new Map<string, string[]>()
  const ground = await loadFixture(fixture)
  for (const lie of corruptions({ ...ground, scene: ground })) {
    if (isHonest(lie, ground)) continue
    const end = await fate(await loadFixture(fixture), lie)
    ends.set(end, [...(ends.get(end) ?? []), lie.name])
  }
  return ends
}

// Instrumented for coverage these take many minutes.
const SLOW = 30 * 60_000

describe('Corrupted epochs', function () {
  this.timeout(SLOW)

  describe('given a lie in any field of any tree or of the post', () => {
    const kinds = new Set<string>()

    for (const [when, fixture] of [
      ['after a final epoch', secondEpoch],
      ['in the first epoch', firstEpoch],
    ] as const) {
      it(`falls to one transaction ${when}`, async () => {
        const ends = await fates(fixture)
        const standing = ends.get('stands') ?? []
        expect(standing.filter(name => !HARMLESS.some(harmless => harmless.test(name)))).to.deep.equal([])
        for (const kind of ends.keys()) kinds.add(kind)
        expect([...ends.values()].flat().length - standing.length).to.be.greaterThan(400)
      })
    }

    it('needs every kind of evidence', () => {
      kinds.delete('stands')
      kinds.delete('refused')
      expect([...kinds].sort()).to.deep.equal(Object.keys(KINDS).sort())
    })
  })

  describe('given a lie that is no wrong sum', () => {
    const pool = POOLS[0]!
    /** Epoch 2 over other weights or other funding: everything after them fits. */
    const after = (ground: Ground, funded: ReadonlyMap<bigint, bigint>, weight: bigint): Epoch =>
      honest(ground, funded, new Map([[pool, [[0, 3, weight], [1, 1, 2n]]]]), 5, ground.last!.epoch) // prettier-ignore

    const STANDING: [string, (ground: Ground) => Epoch][] = [
      ['a wrong weight', ground => after(ground, ground.funded, 6n)],
      ['a contribution left out', ground => after(ground, ground.funded, 0n)],
      [
        'less than was funded',
        ground =>
          after(
            ground,
            new Map([...ground.funded].map(([id, all]) => [id, id === pool ? all - 1n : all])),
            5n,
          ),
      ],
      [
        'a pool left out that was in no manifest before',
        ground => after(ground, new Map([...ground.funded].filter(([id]) => id !== POOLS[3])), 5n),
      ],
      [
        'a pool left out that has never paid',
        ground => after(ground, new Map([...ground.funded].filter(([id]) => id !== POOLS[1])), 5n),
      ],
    ]
    for (const [name, tell] of STANDING) {
      it(`${name} stands`, async () => {
        const ground = await loadFixture(secondEpoch)
        const lie = tell(ground)
        const lied = postOf(ground, 2, lie)
        await post(ground, lied)
        const posted = postedOf(ground, lied, lie, ground.funded, ground.last) as Published
        expect(findChallenge(posted)).to.equal(undefined)
        expect([...findDemands(posted)]).to.deep.equal([])
        await expectAllRevert(ground, posted, 0, 1)
      })
    }
  })
})

describe('Pools that were never funded', () => {
  const JUNK = Array.from({ length: 6 }, (_, i) => (7n << 32n) | BigInt(i))

  /** The first epoch with six pools more, which nobody ever funded. */
  async function junk() {
    const ground = await firstEpoch()
    const pools = new Map([...ground.funded, ...JUNK.map(id => [id, 0n] as const)])
    const epoch = honest(ground, pools, new Map(), 4)
    const lied = postOf(ground, 1, epoch)
    await post(ground, lied)
    return { ...ground, epoch, lied, posted: postedOf(ground, lied, epoch, ground.funded) as Published }
  }

  it('fall to one transaction', async () => {
    const { lied, posted, challenger, oracle, ...scene } = await loadFixture(junk)
    const challenge = findChallenge(posted)!
    expect(challenge.kind).to.equal('poolLeaf')
    const { contract, data } = challengeCall(lied, SIGNERS, challenge)
    await challenger.sendTransaction({ to: await scene[contract].getAddress(), data })
    expect((await oracle.pending()).deadline).to.equal(0n)
  })

  it('bind nobody, should they become final: an honest manifest has none, even if they are funded then', async () => {
    const ground = await loadFixture(junk)
    await time.increase(WINDOW)
    await ground.oracle.finalize(ground.lied, SIGNERS)
    const funded = await fund(ground, new Map([[POOLS[0]!, 313n]]))
    const all = new Map([...ground.funded, ...funded])
    const epoch = honest(ground, all, new Map([[POOLS[0]!, [[0, 3, 5n]]]]), 5, ground.epoch)
    const last = { post: ground.lied, epoch: ground.epoch }
    const next: Ground = { ...ground, number: 2, epoch, post: postOf(ground, 2, epoch), funded: all, last }
    const published = told(next)
    expect(findChallenge(published)).to.equal(undefined)
    await post(next, next.post)
    await fund(ground, new Map([[JUNK[0]!, 1n]]))
    for (let a = 0; a < 4; a++) await expectAllRevert(next, published, a, a + 1)
  })
})

describe('Honest epochs', function () {
  this.timeout(SLOW)

  it('leave nothing to find, and nothing to prove with their own leaves', async () => {
    const weights = fc.array(fc.tuple(fc.nat(5), fc.nat(ITEMS - 1), fc.bigInt(1n, (1n << 64n) - 1n)), {
      maxLength: 9,
    })
    const pool = fc.record({
      first: fc.bigInt(0n, 10n ** 20n),
      then: fc.bigInt(0n, 10n ** 20n),
      one: weights,
      two: weights,
    })
    const epochs = fc.record({
      pools: fc.array(pool, { maxLength: 4 }),
      joined: fc.integer({ min: 1, max: 6 }),
      a: fc.nat(),
      b: fc.nat(),
    })
    await fc.assert(
      fc.asyncProperty(epochs, async ({ pools, joined, a, b }) => {
        const scene = await loadFixture(corruptionScene)
        const table = (which: 'one' | 'two', least: number) =>
          new Map(
            pools.map((each, i) => [
              BigInt(i + 1),
              each[which].map(
                ([who, item, weight]) => [who % least, item, weight] as [number, number, bigint],
              ),
            ]),
          )
        const money = (which: 'first' | 'then') =>
          new Map(pools.map((each, i) => [BigInt(i + 1), each[which]]))
        let last: Ground['last']
        let funded = await fund(scene, money('first'))
        for (const [number, who] of [joined, 6].entries()) {
          const epoch = honest(scene, funded, table(number === 0 ? 'one' : 'two', who), who, last?.epoch)
          const ground: Ground = {
            ...scene,
            number: number + 1,
            epoch,
            post: postOf(scene, number + 1, epoch),
            funded,
            last,
          }
          const posted = told(ground)
          expect(findChallenge(posted)).to.equal(undefined)
          expect([...findDemands(posted)]).to.deep.equal([])
          await post(ground, ground.post)
          await expectAllRevert(ground, posted, a, b)
          await time.increase(WINDOW)
          await scene.oracle.finalize(ground.post, SIGNERS)
          last = { post: ground.post, epoch }
          funded = new Map([...funded, ...(await fund(scene, money('then')))])
        }
      }),
      { numRuns: 25 },
    )
  })
})

/** Throws honest leaves at every challenge: each must revert for a reason of the proofs' own. */
async function expectAllRevert(ground: Ground, posted: Published, a: number, b: number) {
  for (const outcome of await Promise.allSettled(everyChallenge(ground, posted, a, b))) {
    expect(outcome.status === 'rejected' && String(outcome.reason)).to.match(
      /custom error '(PostedTrees|CumulativeMerkle|FraudProofs)_/,
    )
  }
}

function bigints(_: string, value: unknown) {
  return typeof value === 'bigint' ? String(value) : value
}
