import { expect } from 'chai'
import { getAddress } from 'ethers'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isFault } from '../../src/errors'
import {
  checksumAddress,
  checkWholeTreeFile,
  encodeTreeFile,
  fromHex,
  LedgerFile,
  loadKeccak,
  rootOfProof,
  sourceOf,
  toHex,
  treeDomains,
  TreeBuilder,
  treeLayout,
  type Domains,
  type Keccak,
} from '../../src/settlement'
import { naiveRoot, packedLeaf } from './naiveTree'

const VAULT = '0x6076586EA1ce15ddCf19208Ec6346cF748DfFbee'
const SAMPLE = path.join(__dirname, '../../../test/vectors/treeFile-1.bin')
/** Enough that most leaves have nodes below the crown. */
const COUNT = 10_000
const LEAF_TYPES = ['address', 'uint128', 'uint128']

interface Account {
  account: string
  earned: readonly bigint[]
}

describe('LedgerFile', () => {
  let keccak: Keccak
  let domains: Domains
  let trees: TreeBuilder
  before(async () => {
    keccak = await loadKeccak()
    domains = treeDomains(keccak, 31337, VAULT, 1)
    trees = new TreeBuilder(keccak, domains)
  })

  /** What settlement gives for accounts that earned so much from each pool, having had nothing before. */
  const epochOf = (accounts: readonly Account[]) => {
    const pools = Math.max(0, ...accounts.map(({ earned }) => earned.length))
    let prefix = 0n
    const ledger = accounts.map(({ account, earned }) => {
      const cumulative = earned.reduce((sum, amount) => sum + amount, 0n)
      prefix += cumulative
      return { account, cumulative, prefix: prefix - cumulative }
    })
    let sum = 0n
    const journal = accounts.flatMap(({ earned }, contributorIndex) =>
      earned.flatMap((amount, poolPosition) => {
        if (amount === 0n) return []
        sum += amount
        return [{ contributorIndex, poolPosition, amount, prefix: sum - amount }]
      }),
    )
    const manifest = Array.from({ length: pools }, (_, i) => ({
      poolId: (1n << 32n) | BigInt(i + 1),
      settlementRoot: `0x${'ab'.repeat(24)}` as const,
      leafCount: 1,
      totalWeight: 10n ** 9n,
      amount: 1n,
      cumulative: 5n,
      prefix: BigInt(i),
    }))
    return {
      specVersion: 1,
      chainId: 31337,
      vault: VAULT,
      epoch: 7,
      dataDigest: `0x${'cd'.repeat(32)}` as const,
      ledger: trees.ledger(ledger),
      journal: trees.journal(journal),
      manifest: trees.manifest(manifest),
    }
  }
  const open = (bytes: Uint8Array): LedgerFile =>
    LedgerFile.open(sourceOf('tree.bin', bytes), keccak, domains)

  const accountArbitrary = fc.record({
    account: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytes => getAddress(toHex(bytes))),
    earned: fc.array(fc.bigInt({ min: 0n, max: 10n ** 30n }), { minLength: 2, maxLength: 2 }),
  })
  const accountsArbitrary = (maxLength: number) =>
    fc.uniqueArray(accountArbitrary, { maxLength, selector: ({ account }) => account })
  const someAccounts = (count: number): Account[] =>
    Array.from({ length: count }, (_, i) => ({
      account: getAddress(toHex(keccak(new Uint8Array([i & 255, i >> 8])).subarray(0, 20))),
      earned: [BigInt(i % 3), BigInt(i) * 10n ** 20n],
    }))

  it('gives every account its leaf, with a proof that leads to the root of a naive build', () => {
    fc.assert(
      fc.property(accountsArbitrary(40), accounts => {
        const epoch = epochOf(accounts)
        const file = open(encodeTreeFile(epoch))
        const hashes = epoch.ledger.leaves.map(({ account, cumulative, prefix }) =>
          packedLeaf(toHex(domains.Ledger), LEAF_TYPES, [account, cumulative, prefix]),
        )
        expect(file.header.ledgerRoot).to.equal(naiveRoot(hashes))
        for (const [index, { account, cumulative, prefix }] of epoch.ledger.leaves.entries()) {
          const found = file.find(fromHex(account))!
          expect({ ...found, account: checksumAddress(keccak, found.account), proof: '' }).to.deep.equal({
            ...{ index, account, cumulative, prefix },
            proof: '',
          })
          expect(rootOfProof(keccak, fromHex(hashes[index]!), index, found.proof)).to.equal(
            file.header.ledgerRoot,
          )
        }
      }),
    )
  })

  it('gives what the epoch added to each account, and the pools that it came from', () => {
    fc.assert(
      fc.property(accountsArbitrary(20), accounts => {
        const epoch = epochOf(accounts)
        const file = open(encodeTreeFile(epoch))
        expect(file.pools()).to.deep.equal(epoch.manifest.leaves)
        const entries = accounts.flatMap((_, index) => file.journalOf(index))
        expect(entries).to.deep.equal(epoch.journal.leaves)
      }),
    )
  })

  it('knows that an address is not there', () => {
    const file = open(encodeTreeFile(epochOf(someAccounts(3000))))
    for (const digit of ['00', '7f', 'ff'])
      expect(file.find(fromHex(`0x${digit.repeat(20)}`))).to.equal(undefined)
    expect(open(encodeTreeFile(epochOf([]))).find(new Uint8Array(20))).to.equal(undefined)
  })

  it('gives the proofs that the tree itself gives, with leaves far below the crown', () => {
    const epoch = epochOf(someAccounts(20_001))
    const file = open(encodeTreeFile(epoch))
    for (const index of [0, 1, 8191, 8192, 16_383, 16_384, 19_999, 20_000])
      expect(toHex(file.at(index).proof)).to.equal(toHex(epoch.ledger.tree.proof(index)))
  })

  it('never gives a proof that does not lead to the root, whichever byte is damaged', () => {
    const epoch = epochOf(someAccounts(COUNT))
    const bytes = encodeTreeFile(epoch)
    const {
      leaves,
      nodes,
      index: end,
    } = treeLayout({ ledgerCount: COUNT, journalCount: 0, manifestCount: 0 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: end - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = bytes.slice()
        damaged[at]! ^= flip
        let refused = 0
        try {
          const file = open(damaged)
          // the leaf that was hit, or the neighbour whose proof has its hash
          const hit = at < nodes ? Math.floor((at - leaves) / 52) : Math.floor((at - nodes) / 24) ^ 1
          for (const position of [0, Math.min(Math.max(0, hit), COUNT - 1)]) {
            const { account, cumulative, prefix, proof } = file.at(position)
            const leaf = packedLeaf(toHex(domains.Ledger), LEAF_TYPES, [toHex(account), cumulative, prefix])
            expect(rootOfProof(keccak, fromHex(leaf), position, proof)).to.equal(epoch.ledger.tree.root)
          }
        } catch (error) {
          if (!isFault(error, 'TREE_CORRUPT')) throw error
          refused++
        }
        if (at < nodes + COUNT * 24) expect(refused).to.equal(1)
      }),
    )
  })

  it('reads the file that version 1 wrote, and writes it again byte for byte', () => {
    const kept = readFileSync(SAMPLE)
    expect(checkWholeTreeFile(trees, SAMPLE, kept).ledgerCount).to.equal(5)
    expect(Buffer.from(encodeTreeFile(epochOf(someAccounts(5)))).equals(kept)).to.equal(true)
  })

  it('refuses a file that is cut short or longer than its counts say', () => {
    const bytes = encodeTreeFile(epochOf(someAccounts(10)))
    for (const damaged of [bytes.subarray(0, 100), bytes.subarray(0, -1), new Uint8Array(bytes.length + 1)])
      expect(() => open(damaged)).to.throw('TREE_CORRUPT')
  })

  it('is checked as a whole down to its last byte', () => {
    const bytes = encodeTreeFile(epochOf(someAccounts(50)))
    expect(checkWholeTreeFile(trees, 'tree.bin', bytes).epoch).to.equal(7)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = bytes.slice()
        damaged[at]! ^= flip
        expect(() => checkWholeTreeFile(trees, 'tree.bin', damaged)).to.throw('TREE_CORRUPT')
      }),
    )
  })

  it('writes addresses with their checksum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), bytes => {
        expect(checksumAddress(keccak, bytes)).to.equal(getAddress(toHex(bytes)))
      }),
    )
  })
})
