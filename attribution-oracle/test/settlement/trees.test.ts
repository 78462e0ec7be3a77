import { expect } from 'chai'
import { loadKeccak, toHex, treeDomains, TreeBuilder, type Domains, type Keccak } from '../../src/settlement'
import { domain, naiveRoot, packedLeaf } from './naiveTree'

const CHAIN = 31337
const VAULT = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const ALICE = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const BIG = (1n << 128n) - 1n

describe('TreeBuilder', () => {
  let keccak: Keccak
  let domains: Domains
  let trees: TreeBuilder
  before(async () => {
    keccak = await loadKeccak()
    domains = treeDomains(keccak, CHAIN, VAULT, 1)
    trees = new TreeBuilder(keccak, domains)
  })

  it('separates the trees by tag, chain, vault and spec version', () => {
    for (const tree of ['Settlement', 'Manifest', 'Journal', 'Ledger'] as const) {
      expect(toHex(domains[tree])).to.equal(domain(tree, CHAIN, VAULT))
    }
    expect(treeDomains(keccak, CHAIN + 1, VAULT, 1).Ledger).to.not.deep.equal(domains.Ledger)
    expect(treeDomains(keccak, CHAIN, VAULT, 2).Ledger).to.not.deep.equal(domains.Ledger)
    expect(treeDomains(keccak, CHAIN, ALICE, 1).Ledger).to.not.deep.equal(domains.Ledger)
  })

  it('packs ledger leaves', () => {
    const leaves = [
      { account: VAULT, cumulative: 5n, prefix: 0n },
      { account: ALICE, cumulative: BIG, prefix: 5n },
    ]
    const hashes = leaves.map(l =>
      packedLeaf(
        domain('Ledger', CHAIN, VAULT),
        ['address', 'uint128', 'uint128'],
        [l.account, l.cumulative, l.prefix],
      ),
    )
    expect(trees.ledger(leaves).tree.root).to.equal(naiveRoot(hashes))
  })

  it('packs journal leaves', () => {
    const leaves = [
      { contributorIndex: 0, poolPosition: 0xffffffff, amount: 7n, prefix: 0n },
      { contributorIndex: 3, poolPosition: 1, amount: BIG - 7n, prefix: 7n },
    ]
    const hashes = leaves.map(l =>
      packedLeaf(
        domain('Journal', CHAIN, VAULT),
        ['uint32', 'uint32', 'uint128', 'uint128'],
        [l.contributorIndex, l.poolPosition, l.amount, l.prefix],
      ),
    )
    expect(trees.journal(leaves).tree.root).to.equal(naiveRoot(hashes))
  })

  it('packs manifest leaves', () => {
    const leaf = {
      poolId: (2n << 32n) | 9n,
      settlementRoot: `0x${'ab'.repeat(24)}`,
      leafCount: 12,
      totalWeight: 10n ** 9n,
      amount: 4n,
      cumulative: 10n,
      prefix: 3n,
    } as const
    const hash = packedLeaf(
      domain('Manifest', CHAIN, VAULT),
      ['uint64', 'bytes24', 'uint64', 'uint128', 'uint128', 'uint128', 'uint128'],
      [
        leaf.poolId,
        leaf.settlementRoot,
        leaf.leafCount,
        leaf.totalWeight,
        leaf.amount,
        leaf.cumulative,
        leaf.prefix,
      ],
    )
    expect(trees.manifest([leaf]).tree.root).to.equal(hash)
  })

  it('packs settlement leaves', () => {
    const leaf = { contributorIndex: 2, contributionId: (1n << 63n) + 1n, weight: 999n, prefix: 1n }
    const hash = packedLeaf(
      domain('Settlement', CHAIN, VAULT),
      ['uint64', 'uint32', 'uint64', 'uint64', 'uint128'],
      [77n, leaf.contributorIndex, leaf.contributionId, leaf.weight, leaf.prefix],
    )
    expect(trees.settlement(77n, [leaf]).tree.root).to.equal(hash)
  })

  it('refuses numbers that do not fit their field instead of wrapping them', () => {
    const ledger = (cumulative: bigint) => () => trees.ledger([{ account: ALICE, cumulative, prefix: 0n }])
    expect(ledger(BIG + 1n)).to.throw('INVALID_ARGUMENT')
    expect(ledger(-1n)).to.throw('INVALID_ARGUMENT')
  })
})
