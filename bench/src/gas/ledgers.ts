import {
  loadKeccak,
  toHex,
  TreeBuilder,
  treeDomains,
  type LedgerLeaf,
} from '@open-datanets/attribution-oracle'
import { counterBytes } from '@open-datanets/onnx-engine'
import { concat, dataSlice, solidityPacked } from 'ethers'
import {
  OpenAccess__factory,
  OpenToken__factory,
  RewardVault__factory,
  type OpenToken,
  type RewardVault,
} from '../../../typechain-types'
import { CHAIN_ID, gasOf, type Anvil } from './anvil'

const SPEC_VERSION = 1
const NODE_BYTES = 24

/** One final ledger of a vault, with what a claim from it takes. */
export interface Ledger {
  readonly leaves: readonly LedgerLeaf[]
  proof(index: number): string
  /** the arguments of claimBatch for an aligned run of leaves */
  batch(first: number, count: number): readonly [number, bigint, string, string]
  packed(index: number): string
}

/** A vault with tokens whose roots come from an account. */
export interface Paying {
  readonly anvil: Anvil
  readonly token: OpenToken
  readonly vault: RewardVault
  /** Makes the ledger after so many epochs final. */
  epoch(epochs: number): Promise<Ledger>
}

/**
 * A vault that owes `count` accounts, from trees that are really built. Its root comes from an account instead of from
 * the oracle: a claim does not see the difference, and no chain registers a million contributors here.
 */
export async function payingVault(anvil: Anvil, count: number): Promise<Paying> {
  const owner = anvil.account(0)
  const access = await new OpenAccess__factory(owner).deploy(owner)
  const token = await new OpenToken__factory(owner).deploy(owner, access)
  const vault = await new RewardVault__factory(owner).deploy(token, owner, SPEC_VERSION)
  await gasOf(token.setDistributor(vault, true))
  await gasOf(token.transfer(vault, (await token.totalSupply()) / 2n))

  const keccak = await loadKeccak()
  const trees = new TreeBuilder(keccak, treeDomains(keccak, CHAIN_ID, await vault.getAddress(), SPEC_VERSION))
  const earned = randomEarnings(count)
  return {
    anvil,
    token,
    vault,
    async epoch(epochs) {
      const { leaves, tree } = trees.ledger(ledgerAfter(earned, BigInt(epochs)))
      await gasOf(vault.setRoot(tree.root, epochs))
      const proof = (index: number): string => toHex(tree.proof(index))
      return {
        leaves,
        proof,
        batch(first, many) {
          const run = leaves.slice(first, first + many)
          const entries = run.map(({ account, cumulative }) =>
            solidityPacked(['address', 'uint128'], [account, cumulative]),
          )
          const above = dataSlice(proof(first), Math.log2(many) * NODE_BYTES)
          return [first, run[0]!.prefix, concat(entries), above]
        },
        packed(index) {
          const { account, cumulative, prefix } = leaves[index]!
          const fields = solidityPacked(
            ['uint32', 'address', 'uint128', 'uint128'],
            [index, account, cumulative, prefix],
          )
          return concat([fields, proof(index)])
        },
      }
    },
  }
}

interface Earnings {
  readonly account: string
  /** wei in each epoch, up to a ten-thousandth of an OPEN, so that the vault can pay a million accounts */
  readonly amount: bigint
}

function randomEarnings(count: number): Earnings[] {
  const stream = counterBytes('bench', 'earnings')
  const hex = (words: number): string =>
    Array.from({ length: words }, () => stream.uint32().toString(16).padStart(8, '0')).join('')
  return Array.from({ length: count }, () => ({
    account: `0x${hex(5)}`,
    amount: BigInt(1 + stream.below(2 ** 32)) * 23_283n,
  }))
}

function ledgerAfter(earnings: readonly Earnings[], epochs: bigint): LedgerLeaf[] {
  let prefix = 0n
  return earnings.map(({ account, amount }) => {
    const leaf = { account, cumulative: epochs * amount, prefix }
    prefix += leaf.cumulative
    return leaf
  })
}
