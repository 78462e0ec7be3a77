import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  fromHex,
  loadKeccak,
  NODE_BYTES,
  PositionalTree,
  toHex,
  treeDomains,
  TreeBuilder,
  type Domains,
  type Keccak,
  type LeafTree,
} from '../../src/settlement'

const uint = z.string().transform(BigInt)
const hex = z.custom<`0x${string}`>()
const section = <S extends z.ZodType>(entry: S) =>
  z.object({
    domain: hex,
    entries: z.array(entry),
    leaves: z.array(hex),
    trees: z.array(z.object({ count: z.number(), root: hex, proofs: z.array(hex) })),
  })
const schema = z.object({
  domainInputs: z.object({ chainId: z.coerce.number(), vault: z.string(), specVersion: z.number() }),
  empty: hex,
  ledger: section(z.object({ account: z.string(), cumulative: uint, prefix: uint })),
  journal: section(
    z.object({ contributorIndex: z.number(), poolPosition: z.number(), amount: uint, prefix: uint }),
  ),
  manifest: section(
    z.object({
      poolId: uint,
      settlementRoot: hex,
      leafCount: z.coerce.number(),
      totalWeight: uint,
      amount: uint,
      cumulative: uint,
      prefix: uint,
    }),
  ),
  settlement: section(
    z.object({
      poolId: uint,
      contributorIndex: z.number(),
      contributionId: uint,
      weight: uint,
      prefix: uint,
    }),
  ),
})

// The same file is read by the tests of the contracts: this is where the two implementations meet.
const vectors = schema.parse(
  JSON.parse(readFileSync(join(__dirname, '../../../test/vectors/trees.json'), 'utf8')),
)

describe('the vectors that the contracts are tested against', () => {
  let keccak: Keccak
  let domains: Domains
  let builder: TreeBuilder
  before(async () => {
    const { chainId, vault, specVersion } = vectors.domainInputs
    keccak = await loadKeccak()
    domains = treeDomains(keccak, chainId, vault, specVersion)
    builder = new TreeBuilder(keccak, domains)
  })

  const leafHashes = ({ leaves, tree }: LeafTree<unknown>): string[] =>
    leaves.map((_, i) => toHex(tree.leaf(i)))

  it('have our domains', () => {
    expect(toHex(domains.Ledger)).to.equal(vectors.ledger.domain)
    expect(toHex(domains.Journal)).to.equal(vectors.journal.domain)
    expect(toHex(domains.Manifest)).to.equal(vectors.manifest.domain)
    expect(toHex(domains.Settlement)).to.equal(vectors.settlement.domain)
  })

  it('have our leaves', () => {
    expect(leafHashes(builder.ledger(vectors.ledger.entries))).to.deep.equal(vectors.ledger.leaves)
    expect(leafHashes(builder.journal(vectors.journal.entries))).to.deep.equal(vectors.journal.leaves)
    expect(leafHashes(builder.manifest(vectors.manifest.entries))).to.deep.equal(vectors.manifest.leaves)
    const settlement = vectors.settlement.entries.map(
      entry => leafHashes(builder.settlement(entry.poolId, [entry]))[0],
    )
    expect(settlement).to.deep.equal(vectors.settlement.leaves)
  })

  for (const name of ['ledger', 'journal', 'manifest', 'settlement'] as const) {
    it(`have our roots and proofs: ${name}`, () => {
      for (const { count, root, proofs } of vectors[name].trees) {
        const bytes = new Uint8Array(count * NODE_BYTES)
        vectors[name].leaves.slice(0, count).forEach((leaf, i) => bytes.set(fromHex(leaf), i * NODE_BYTES))
        const tree = PositionalTree.fromLeaves(keccak, bytes)
        expect(tree.root).to.equal(root)
        expect(proofs.map((_, i) => toHex(tree.proof(i)))).to.deep.equal(proofs)
      }
      expect(PositionalTree.fromLeaves(keccak, new Uint8Array(0)).root).to.equal(vectors.empty)
    })
  }
})
