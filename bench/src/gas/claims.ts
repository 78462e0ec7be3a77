import {
  loadKeccak,
  toHex,
  TreeBuilder,
  treeDomains,
  type LedgerLeaf,
} from '@open-datanets/attribution-oracle'
import { counterBytes } from '@open-datanets/onnx-engine'
import { parseEther } from 'ethers'
import { OpenToken__factory, RewardVault__factory } from '../../../typechain-types'
import { CHAIN_ID, gasOf, type Anvil } from './anvil'

export const CLAIMS = 16
const SPEC_VERSION = 1

/** Mean gas of a whole claim by what the account held and had claimed before. */
export interface ClaimGas {
  readonly newHolder: number
  readonly existingHolder: number
  readonly repeat: number
}

/**
 * Claims from a ledger of `leaves` accounts, really built and really proven. The vault's root comes from an account
 * instead of from the oracle: a claim does not see the difference, and no chain registers a million contributors here.
 */
export async function claimGas(anvil: Anvil, leaves: number): Promise<ClaimGas> {
  const [owner, claimer] = [anvil.account(0), anvil.account(1)]
  const token = await new OpenToken__factory(owner).deploy(owner, owner)
  const vault = await new RewardVault__factory(owner).deploy(token, owner, SPEC_VERSION)
  await gasOf(token.setDistributor(vault, true))
  await gasOf(vault.setOracle(owner))
  await gasOf(token.transfer(vault, (await token.totalSupply()) / 2n))

  const keccak = await loadKeccak()
  const trees = new TreeBuilder(keccak, treeDomains(keccak, CHAIN_ID, await vault.getAddress(), SPEC_VERSION))
  const earned = randomEarnings(leaves)
  const post = async (epoch: number) => {
    const tree = trees.ledger(ledgerAfter(earned, BigInt(epoch)))
    await gasOf(vault.setRoot(tree.tree.root, epoch))
    return async (index: number): Promise<number> => {
      const { account, cumulative, prefix } = tree.leaves[index]!
      const proof = toHex(tree.tree.proof(index))
      return gasOf(vault.connect(claimer).claim(index, account, cumulative, prefix, proof))
    }
  }

  const indices = Array.from({ length: 2 * CLAIMS }, (_, i) =>
    Math.floor(((i + 0.5) * leaves) / (2 * CLAIMS)),
  )
  const [fresh, holders] = [indices.slice(0, CLAIMS), indices.slice(CLAIMS)]
  for (const index of holders) await gasOf(token.transfer(earned[index]!.account, parseEther('1')))
  const first = await post(1)
  const newHolder = await mean(fresh, first)
  const existingHolder = await mean(holders, first)
  return { newHolder, existingHolder, repeat: await mean(fresh, await post(2)) }
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

async function mean(indices: readonly number[], claim: (index: number) => Promise<number>): Promise<number> {
  let sum = 0
  for (const index of indices) sum += await claim(index)
  return Math.round(sum / indices.length)
}
