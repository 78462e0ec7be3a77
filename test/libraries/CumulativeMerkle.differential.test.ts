import { startChain, type EmbeddedChain } from '@open-datanets/embedded-chain'
import { expect } from 'chai'
import { AbiCoder, concat, getBytes, id, keccak256, toBeHex } from 'ethers'

import { loadKeccak, type Keccak } from '../../attribution-oracle/src/settlement/keccak'
import { PositionalTree } from '../../attribution-oracle/src/settlement/positionalTree'
import { NaiveMerkleMock__factory, type NaiveMerkleMock } from '../../typechain-types'

const SEED = id('trees')
const SMALL_TREES = Number(process.env['TREES'] ?? 10_000)
const PER_CALL = 250
const LARGEST_SMALL = 40
const LARGE = [1_000, 4_095, 4_096, 4_097, 16_385, 33_333, 65_536, 65_537, 70_000]

// Anvil, not the Hardhat network: a naive tree of 70,000 leaves takes more gas than a block has.
describe('CumulativeMerkle, against a naive tree in Solidity and the tree of the oracle', () => {
  let chain: EmbeddedChain
  let contract: NaiveMerkleMock
  let keccak: Keccak

  before(async () => {
    keccak = await loadKeccak()
    chain = await startChain({ args: ['--disable-block-gas-limit', '--memory-limit', 2 ** 30] })
    contract = await new NaiveMerkleMock__factory(chain.account(0)).deploy()
    await contract.waitForDeployment()
  })

  after(() => chain.stop())

  it(`is the same in ${SMALL_TREES} random trees of 1 to ${LARGEST_SMALL} leaves, some of them empty`, async () => {
    for (let from = 0; from < SMALL_TREES; from += PER_CALL) {
      const to = Math.min(from + PER_CALL, SMALL_TREES)
      let digest = `0x${'00'.repeat(32)}`
      for (let tree = from; tree < to; tree++) {
        const random = BigInt(hashOf(tree))
        const count = 1 + Number(random % BigInt(LARGEST_SMALL))
        const position = Number((random >> 128n) % BigInt(count))
        const ours = treeOf(tree, count)
        digest = keccak256(concat([digest, ours.root, ours.proof(position)]))
      }
      expect(await contract.compare(SEED, from, to, LARGEST_SMALL)).to.equal(digest)
    }
  })

  for (const count of LARGE) {
    it(`is the same in a tree of ${count} leaves`, async () => {
      const position = Number(BigInt(hashOf(count)) % BigInt(count))
      const [root, leaf, proof] = await contract.naive(SEED, count, count, position)
      const ours = treeOf(count, count)
      expect(ours.root).to.equal(root)
      expect(ours.proof(position)).to.deep.equal(getBytes(proof))
      expect(await contract.climb(leaf, position, proof)).to.equal(root)
    })
  }

  function treeOf(tree: number, count: number): PositionalTree {
    const leaves = new Uint8Array(24 * count)
    const preimage = getBytes(concat([SEED, toBeHex(tree, 32), toBeHex(0, 32)]))
    const index = new DataView(preimage.buffer, preimage.byteOffset + 64)
    for (let i = 0; i < count; i++) {
      index.setBigUint64(24, BigInt(i))
      const random = keccak(preimage)
      if (tree % 2 === 0 || random[31]! % 8 !== 0) leaves.set(random.subarray(0, 24), 24 * i)
    }
    return PositionalTree.fromLeaves(keccak, leaves)
  }
})

function hashOf(tree: number): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256'], [SEED, tree]))
}
