import { expect } from 'chai'
import fc from 'fast-check'
import type { Challenge, Post } from '../../src/domain'
import {
  findChallenge,
  loadKeccak,
  settlePools,
  treeDomains,
  TreeBuilder,
  type JournalLeaf,
  type LedgerLeaf,
  type ManifestLeaf,
  type Posted,
} from '../../src/settlement'

const VAULT = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const DIGEST = `0x${'00'.repeat(32)}` as const
const ACCOUNTS = Array.from({ length: 5 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, '0')}`)
const POOLS = [1n << 32n, 2n << 32n]

describe('findChallenge', () => {
  let trees: TreeBuilder
  before(async () => {
    const keccak = await loadKeccak()
    trees = new TreeBuilder(keccak, treeDomains(keccak, 31337, VAULT, 1))
  })

  interface Leaves {
    ledger: LedgerLeaf[]
    journal: JournalLeaf[]
    manifest: ManifestLeaf[]
    settlements: Posted['settlements']
    total: bigint
  }

  /** Account 4 joins in the second epoch; account 3 earns nothing in it. */
  const settle = (epoch: number): Leaves => {
    const weights = epoch === 1 ? [5n, 3n, 2n, 1n, 0n] : [1n, 7n, 2n, 0n, 4n]
    const previous = epoch === 1 ? [] : settle(1).ledger.map(leaf => leaf.cumulative)
    const result = settlePools(trees, {
      pools: POOLS.map(poolId => ({
        poolId,
        funded: BigInt(epoch) * 1_000n,
        paidBefore: BigInt(epoch - 1) * 1_000n,
        weights: new Map(weights.map((weight, i) => [BigInt(i) << 32n, weight])),
      })),
      accounts: ACCOUNTS.slice(0, 3 + epoch),
      previous,
      contributorOf: id => Number(id >> 32n),
    })
    const copy = <L>(leaves: readonly L[]): L[] => leaves.map(leaf => ({ ...leaf }))
    return {
      ledger: copy(result.ledger.leaves),
      journal: copy(result.journal.leaves),
      manifest: copy(result.manifest.leaves),
      settlements: new Map(result.pools.map(({ poolId, settlement }) => [poolId, settlement])),
      total: result.total,
    }
  }

  const post = (epoch: number, leaves: Leaves): Post => ({
    epoch,
    specVersion: 1,
    configDigest: DIGEST,
    blockNumber: 1,
    blockHash: DIGEST,
    inputsDigest: DIGEST,
    ledgerRoot: trees.ledger(leaves.ledger).tree.root,
    journalRoot: trees.journal(leaves.journal).tree.root,
    manifestRoot: trees.manifest(leaves.manifest).tree.root,
    ledgerCount: leaves.ledger.length,
    journalCount: leaves.journal.length,
    manifestCount: leaves.manifest.length,
    total: leaves.total,
    dataDigest: DIGEST,
  })

  const posted = (leaves: Leaves): Posted => ({
    post: post(2, leaves),
    ledger: trees.ledger(leaves.ledger),
    journal: trees.journal(leaves.journal),
    manifest: trees.manifest(leaves.manifest),
    settlements: leaves.settlements,
    last: {
      post: post(1, settle(1)),
      ledger: trees.ledger(settle(1).ledger),
      manifest: trees.manifest(settle(1).manifest),
    },
    accounts: ACCOUNTS,
    committed: ACCOUNTS.map(() => 1),
    funded: new Map(POOLS.map(poolId => [poolId, 2_000n])),
  })

  const found = (tell: (leaves: Leaves) => void): Challenge | undefined => {
    const leaves = settle(2)
    tell(leaves)
    return findChallenge(posted(leaves))
  }
  const sums = (leaves: Leaves): void => {
    leaves.total = 0n
    for (const leaf of leaves.ledger) {
      leaf.prefix = leaves.total
      leaves.total += leaf.cumulative
    }
  }

  it('finds nothing in an honest post', () => {
    expect(found(() => undefined)).to.equal(undefined)
  })

  it('finds nothing in an honest first post, nor in an empty one', () => {
    const first = settle(1)
    const nothing: Leaves = { ledger: [], journal: [], manifest: [], settlements: new Map(), total: 0n }
    expect(findChallenge({ ...posted(first), post: post(1, first), last: undefined })).to.equal(undefined)
    expect(findChallenge({ ...posted(nothing), post: post(1, nothing), last: undefined })).to.equal(undefined)
  })

  it('finds a wrong account', () => {
    const challenge = found(({ ledger }) => (ledger[2]!.account = ACCOUNTS[0]!))
    expect(challenge?.kind === 'account' && challenge.leaf.index).to.equal(2)
  })

  it('finds a wrong prefix, between neighbours and at the start', () => {
    const challenge = found(({ ledger }) => (ledger[3]!.prefix += 1n))
    expect(challenge?.kind === 'prefix' && [challenge.left.index, challenge.right.index]).to.deep.equal([
      2, 3,
    ])
    expect(found(({ ledger }) => (ledger[0]!.prefix = 1n))?.kind).to.equal('firstPrefix')
  })

  it('finds an account that fell', () => {
    const challenge = found(leaves => {
      leaves.ledger[1]!.cumulative = 1n
      sums(leaves)
    })
    expect(challenge?.kind === 'fallen' && [challenge.was.index, challenge.now.cumulative]).to.deep.equal([
      1,
      1n,
    ])
  })

  it('finds a wrong total', () => {
    const challenge = found(leaves => (leaves.total += 1n))
    expect(challenge?.kind === 'total' && challenge.last.index).to.equal(4)
  })

  it('finds an increase that is not in the journal, with the whole boundary of the account', () => {
    for (const index of [0, 1, 3, 4]) {
      const challenge = found(leaves => {
        const other = index === 1 ? 2 : 1
        leaves.ledger[index]!.cumulative += 1n
        leaves.ledger[other]!.cumulative -= 1n
        sums(leaves)
      })
      expect(challenge?.kind).to.equal('increase')
      if (challenge?.kind !== 'increase') return
      const { boundary, now } = challenge
      const positions = boundary.map(leaf => leaf.position)
      expect(positions).to.deep.equal(positions.map((_, i) => positions[0]! + i))
      const journal = settle(2).journal
      const own = journal.flatMap((leaf, position) => (leaf.contributorIndex === now.index ? [position] : []))
      expect(positions).to.include.members(own)
      expect(positions[0] === 0 || boundary[0]!.contributorIndex < now.index).to.equal(true)
      expect(
        positions.at(-1) === journal.length - 1 || boundary.at(-1)!.contributorIndex > now.index,
      ).to.equal(true)
    }
  })

  it('finds journal entries that pay nothing, name nobody, are out of order or do not add up', () => {
    expect(found(({ journal }) => (journal[1]!.amount = 0n))?.kind).to.equal('journalLeaf')
    expect(found(({ journal }) => (journal.at(-1)!.contributorIndex = 5))?.kind).to.equal('journalLeaf')
    expect(found(({ journal }) => (journal.at(-1)!.poolPosition = 2))?.kind).to.equal('journalLeaf')
    expect(found(({ journal }) => (journal[0]!.prefix = 1n))?.kind).to.equal('journalLeaf')
    expect(found(({ journal }) => (journal[1]!.poolPosition = 0))?.kind).to.equal('journalOrder')
    expect(found(({ journal }) => (journal[2]!.prefix += 1n))?.kind).to.equal('journalOrder')
    expect(found(({ journal }) => (journal.at(-1)!.amount += 1n))?.kind).to.equal('journalTotal')
  })

  it('finds a pool that paid more than it was funded', () => {
    const challenge = found(({ manifest }) => (manifest[1]!.cumulative = 2_001n))
    expect(challenge?.kind === 'pool' && challenge.leaf.position).to.equal(1)
  })

  it('finds every single change of a number in ledger and journal', () => {
    const numbers = fc.record({
      at: fc.nat(),
      table: fc.constantFrom('ledger', 'journal'),
      by: fc.bigInt(1n, 5n),
    })
    fc.assert(
      fc.property(numbers, fc.boolean(), ({ at, table, by }, prefix) => {
        const challenge = found(({ ledger, journal }) => {
          if (table === 'ledger') ledger[at % ledger.length]![prefix ? 'prefix' : 'cumulative'] += by
          else journal[at % journal.length]![prefix ? 'prefix' : 'amount'] += by
        })
        expect(challenge).to.not.equal(undefined)
      }),
    )
  })

  it('needs only the trees that a lie is in, and takes no leaves that are not those of the posted root', () => {
    const lie = (tell: (leaves: Leaves) => void): Posted => {
      const leaves = settle(2)
      tell(leaves)
      return posted(leaves)
    }
    const foreign = trees.journal(settle(1).journal)
    const account = lie(({ ledger }) => (ledger[2]!.account = ACCOUNTS[0]!))
    for (const journal of [undefined, foreign]) {
      expect(findChallenge({ ...account, journal, manifest: undefined })?.kind).to.equal('account')
    }
    const increase = lie(leaves => {
      leaves.ledger[0]!.cumulative += 1n
      leaves.ledger[1]!.cumulative -= 1n
      sums(leaves)
    })
    expect(findChallenge({ ...increase, manifest: undefined })?.kind).to.equal('increase')
    expect(findChallenge({ ...increase, journal: foreign })).to.equal(undefined)
    const order = lie(({ journal }) => (journal[1]!.poolPosition = 0))
    expect(findChallenge({ ...order, ledger: undefined })?.kind).to.equal('journalOrder')
    const pool = lie(({ manifest }) => (manifest[1]!.cumulative = 2_001n))
    expect(findChallenge({ ...pool, ledger: undefined, journal: undefined })?.kind).to.equal('pool')
  })
})
