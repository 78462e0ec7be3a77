import { impersonateAccount, setBalance, time } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { HDNodeWallet, concat, id, toBeHex, type AddressLike } from 'ethers'
import { ethers } from 'hardhat'
import { join } from 'node:path'

import { readDeployParameters } from '../../scripts/deployParameters'
import { DEPLOYMENTS } from '../../scripts/deploymentRecord'
import { deploySystem } from '../../scripts/deploySystem'
import type { IAttributionOracle } from '../../typechain-types'
import { PositionalTree } from '../libraries/positionalTree'
import {
  type JournalEntry,
  type LedgerEntry,
  type ManifestEntry,
  type SettlementEntry,
  journalLeaf,
  ledgerLeaf,
  manifestLeaf,
  settlementLeaf,
  treeDomain,
} from '../libraries/treeLeaves'

export type Post = IAttributionOracle.PostStruct

export const OPEN = 10n ** 18n
export const DATANET = 1
export const MODEL = 1
export const POOL = (1n << 32n) | 1n
export const FUNDED = 10_000n
export const BOND = 1_000n
export const STAKE = 10_000n * OPEN
export const EPOCH_CAP = 15_000n * OPEN
/** The seats that sign: two of three stand one fault. */
export const SIGNERS = 0b011
/** The same for every epoch, as a configuration that nobody changes is. */
export const CONFIG = id('configuration')
const CO_SIGNER = 4
const MNEMONIC = 'test test test test test test test test test test test junk'

/**
 * The system as it is deployed, with everything handed over, and people in every role: three bonded operators of whom
 * two are a quorum, six contributors of one Datanet, a model, a funded pool, two open epochs. Nothing is posted yet.
 */
export async function protocolScene() {
  const [deployer, guardian, epochManager, operator, coSigner, thirdOperator, member, ...others] =
    await ethers.getSigners()
  const [challenger, outsider, datanetOwner, modelOwner, server, ...rest] = others
  const contributors = rest.slice(0, 6)
  const parameters = await readDeployParameters(join(DEPLOYMENTS, 'parameters.local.json'))
  const operators = [operator!, coSigner!, thirdOperator!]
  const system = await deploySystem(deployer!, {
    ...parameters,
    roles: { guardian: guardian!.address, epochManager: epochManager!.address },
    operators: {
      ...parameters.operators,
      accounts: operators.map(({ address }) => address),
      faults: 1,
      minimumBond: BOND,
    },
    court: { ...parameters.court, epochCap: EPOCH_CAP },
    committee: { ...parameters.committee, members: [member!.address] },
  })
  const { token, operatorSet, datanetRegistry, modelRegistry, rewardEscrow, attributionOracle } = system
  for (const account of operators) {
    await token.transfer(account, BOND)
    await token.connect(account).approve(operatorSet, BOND)
    await operatorSet.connect(account).bond(BOND)
  }
  for (const account of [challenger!, server!, ...contributors]) await token.transfer(account, 10n * STAKE)
  const owned = datanetRegistry.connect(datanetOwner!)
  await owned.createDatanet('Solidity code', id('metadata'), 0)
  await owned.setBuilder(DATANET, modelOwner!, true)
  await modelRegistry.connect(modelOwner!).registerModel({
    datanetId: DATANET,
    baseModelId: 0,
    supersedes: 0,
    lineageBps: 0,
    pricePerToken: 1n,
    artifactDigest: id('artifact'),
    manifestDigest: id('manifest'),
    name: 'model',
  })
  for (const contributor of contributors) {
    await datanetRegistry.connect(contributor).commit(DATANET, id(contributor.address), id('manifest'))
  }
  await token.approve(rewardEscrow, ethers.MaxUint256)
  await rewardEscrow.fund(POOL, FUNDED)
  for (const epoch of [1, 2]) await attributionOracle.connect(epochManager!).openEpoch(epoch, CONFIG)
  return {
    system,
    deployer: deployer!,
    guardian: guardian!,
    epochManager: epochManager!,
    operator: operator!,
    operators,
    member: member!,
    challenger: challenger!,
    outsider: outsider!,
    datanetOwner: datanetOwner!,
    modelOwner: modelOwner!,
    server: server!,
    contributors,
    /** what a passed proposal does, it does as the timelock */
    governance: await acting(system.timelock),
    ledgerDomain: await system.rewardVault.DOMAIN(),
    vault: await system.rewardVault.getAddress(),
  }
}

export type Scene = Awaited<ReturnType<typeof protocolScene>>

/** Whoever has that address, able to pay for gas. */
export async function acting(account: AddressLike) {
  const address = await ethers.resolveAddress(account)
  await impersonateAccount(address)
  await setBalance(address, 10n ** 21n)
  return ethers.getSigner(address)
}

/** The leaves of the four trees of an epoch with one pool. */
export interface Rows {
  ledger: LedgerEntry[]
  journal: JournalEntry[]
  manifest: ManifestEntry[]
  settlement: SettlementEntry[]
}

export const WEIGHTS = [3n, 1n, 1n, 1n, 1n]
export const AMOUNT = 100n

/** An honest epoch: the pool pays `amount` by weight to the first five contributors, who had `before`. */
export function honestRows(
  { contributors }: Scene,
  amount = AMOUNT,
  before: readonly LedgerEntry[] = [],
): Rows {
  const whole = sum(WEIGHTS)
  const settlement = WEIGHTS.map((weight, i) => {
    const prefix = sum(WEIGHTS.slice(0, i))
    return { poolId: POOL, contributorIndex: i, contributionId: BigInt(i) << 32n, weight, prefix }
  })
  const pays = settlement.map(({ prefix, weight }) => {
    return (amount * (prefix + weight)) / whole - (amount * prefix) / whole
  })
  const journal = pays.map((pay, i) => {
    return { contributorIndex: i, poolPosition: 0, amount: pay, prefix: sum(pays.slice(0, i)) }
  })
  const cumulatives = pays.map((pay, i) => (before[i]?.cumulative ?? 0n) + pay)
  const ledger = cumulatives.map((cumulative, i) => {
    return { account: contributors[i]!.address, cumulative, prefix: sum(cumulatives.slice(0, i)) }
  })
  const manifest = [
    {
      poolId: POOL,
      settlementRoot: '0x',
      leafCount: BigInt(settlement.length),
      totalWeight: whole,
      amount,
      cumulative: sum(cumulatives),
      prefix: 0n,
    },
  ]
  return { ledger, journal, manifest, settlement }
}

/** The trees over the rows and the post that says so, with what the post says different. */
export function planted({ ledgerDomain, vault }: Scene, rows: Rows, epoch = 1, changes: Partial<Post> = {}) {
  const domains = { chainId: 31337n, vault, specVersion: 1 }
  const grow = <T>(entries: T[], leaf: (entry: T) => string) => ({
    entries,
    tree: new PositionalTree(entries.map(leaf)),
  })
  const settlement = grow(rows.settlement, entry => settlementLeaf(treeDomain('Settlement', domains), entry))
  const pools = rows.manifest.map(pool => ({ ...pool, settlementRoot: settlement.tree.root }))
  const manifest = grow(pools, entry => manifestLeaf(treeDomain('Manifest', domains), entry))
  const journal = grow(rows.journal, entry => journalLeaf(treeDomain('Journal', domains), entry))
  // The vault's own word, so that the claims of an honest epoch hold whatever a rule makes of the domain.
  const ledger = grow(rows.ledger, entry => ledgerLeaf(ledgerDomain, entry))
  const post: Post = {
    epoch,
    specVersion: 1,
    configDigest: CONFIG,
    blockNumber: 1,
    blockHash: id('block'),
    inputsDigest: id('inputs'),
    ledgerRoot: ledger.tree.root,
    journalRoot: journal.tree.root,
    manifestRoot: manifest.tree.root,
    ledgerCount: rows.ledger.length,
    journalCount: rows.journal.length,
    manifestCount: rows.manifest.length,
    total: sum(rows.ledger.map(({ cumulative }) => cumulative)),
    dataDigest: id('data'),
    ...changes,
  }
  return { settlement, manifest, journal, ledger, post }
}

export type Epoch = ReturnType<typeof planted>

/** The second operator's signature of what an oracle asks to be signed. */
export async function coSigned(oracle: IAttributionOracle, post: Post): Promise<string> {
  const { signingKey } = HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${CO_SIGNER}`)
  return signingKey.sign(await oracle.attestationDigest(post)).compactSerialized
}

/** Posts as the first operator, with the second's signature. */
export async function submit({ system, operator }: Scene, post: Post) {
  const oracle = system.attributionOracle
  return oracle.connect(operator).post(post, SIGNERS, await coSigned(oracle, post))
}

/** Posts, waits for the window, finalizes. */
export async function makeFinal(scene: Scene, post: Post) {
  await submit(scene, post)
  await pastWindow(scene)
  await scene.system.attributionOracle.finalize(post, SIGNERS)
}

export async function pastWindow({ system }: Scene) {
  await time.increase(await system.attributionOracle.challengeWindow())
}

/** An honest epoch, final. */
export async function paidScene() {
  const scene = await protocolScene()
  const first = planted(scene, honestRows(scene))
  await makeFinal(scene, first.post)
  return { ...scene, first }
}

/** The arguments of a claim. */
export function claimOf({ ledger: { entries, tree } }: Epoch, index: number) {
  const { account, cumulative, prefix } = entries[index]!
  return [index, account, cumulative, prefix, tree.proof(index)] as const
}

/** A leaf as the proofs take it. */
export function shown<T>({ entries, tree }: { entries: T[]; tree: PositionalTree }, position: number) {
  return { index: position, position, ...entries[position]!, proof: tree.proof(position) }
}

/** The ledger's leaves from `from` to `to` as `claimBatch` takes them. */
export function batchEntries({ ledger: { entries } }: Epoch, from: number, to: number): string {
  return concat(
    entries.slice(from, to).flatMap(({ account, cumulative }) => [account, toBeHex(cumulative, 16)]),
  )
}

export function sum(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n)
}
