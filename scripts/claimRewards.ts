import { concat, dataSlice, getAddress, isAddress, solidityPacked } from 'ethers'

import type { OpenToken, RewardVault } from '../typechain-types'
import { readClaimsFile, type ClaimEntry, type ClaimsFile } from './claimsFile'
import { ProtocolError } from './errors'
import { checkEvent, eventOf, mined } from './minedTransaction'
import { reasonOf, revertOf } from './revertReason'
import { signerOf } from './signerOf'

export interface ClaimOptions {
  /** Path of the published claims.json, or its content. */
  readonly claims: string | ClaimsFile
  /** Whom to pay; the signer by default. Anyone may send a claim: it always pays the account of the leaf. */
  readonly account?: string
}

export interface Claimed {
  readonly account: string
  readonly epoch: number
  /** Wei. */
  readonly amount: bigint
  readonly cumulative: bigint
  readonly gasUsed: bigint
  readonly transactionHash: string
}

/**
 * Claims what a published epoch gives an account. The chain is asked first: nothing is sent that could not succeed.
 * @param vault connected to the sender's signer.
 * @throws ProtocolError CLAIMS_INVALID, CLAIMS_OF_OTHER_VAULT, ACCOUNT_NOT_IN_CLAIMS, CLAIMS_PAUSED, ROOT_STALE,
 *   NOTHING_TO_CLAIM, PROOF_INVALID, TRANSACTION_REVERTED, EVENT_MISMATCH.
 */
export async function claimRewards(
  vault: RewardVault,
  token: OpenToken,
  options: ClaimOptions,
): Promise<Claimed> {
  const { claims: source } = options
  const path = typeof source === 'string' ? source : 'given'
  const claims = typeof source === 'string' ? await readClaimsFile(source) : source
  const { signer, account: sender } = await signerOf(vault)
  const account = checkedAddress(options.account ?? sender)
  await checkVault(vault, claims, path, (await signer.provider?.getNetwork())?.chainId)
  const entry = entryOf(claims, account, path)
  await checkRoot(vault, claims, path)
  const amount = entry.cumulative - (await token.paid(account))
  if (amount <= 0n) {
    const got = `${entry.cumulative} earned and ${entry.cumulative - amount} paid up to epoch ${claims.epoch}`
    throw new ProtocolError('NOTHING_TO_CLAIM', { account, got, expected: 'more earned than paid' })
  }
  const { index, cumulative, prefix, proof } = entry
  await checkProof(vault, account, entry)
  const receipt = await mined(
    `claim for ${account}`,
    vault.claim(index, account, cumulative, prefix, proof),
    vault,
    token,
  )
  checkEvent(await eventOf(receipt, vault, 'Claimed'), { index, account, amount, cumulative })
  return {
    account,
    epoch: claims.epoch,
    amount,
    cumulative,
    gasUsed: receipt.gasUsed,
    transactionHash: receipt.hash,
  }
}

/**
 * A claims file that is good for the vault now.
 * @throws ProtocolError CLAIMS_INVALID, CLAIMS_OF_OTHER_VAULT, CLAIMS_PAUSED, ROOT_STALE.
 */
export async function readVaultClaims(vault: RewardVault, path: string): Promise<ClaimsFile> {
  const claims = await readClaimsFile(path)
  await checkVault(vault, claims, path, (await vault.runner?.provider?.getNetwork())?.chainId)
  await checkRoot(vault, claims, path)
  return claims
}

/** What `claim` takes for an account. @throws ProtocolError ARGUMENT_INVALID, ACCOUNT_NOT_IN_CLAIMS. */
export function claimArguments(claims: ClaimsFile, of: string): readonly unknown[] {
  const account = checkedAddress(of)
  const { index, cumulative, prefix, proof } = entryOf(claims, account, 'given')
  return [index, account, cumulative, prefix, proof]
}

/** What `claimPacked` takes for an account. @throws ProtocolError ARGUMENT_INVALID, ACCOUNT_NOT_IN_CLAIMS. */
export function packedClaim(claims: ClaimsFile, of: string): string {
  const types = ['uint32', 'address', 'uint128', 'uint128', 'bytes']
  return solidityPacked(types, claimArguments(claims, of))
}

/**
 * What `claimBatch` takes for a run of accounts: one proof, that of their subtree.
 * @param first index of the first account, a multiple of the least power of two that is not below the number of them.
 * @throws ProtocolError ARGUMENT_INVALID.
 */
export function batchClaim(claims: ClaimsFile, first: number, count: number): readonly unknown[] {
  const ordered = Object.entries(claims.accounts).sort(([, a], [, b]) => a.index - b.index)
  const run = ordered.slice(first, first + count)
  const [head] = run
  if (head === undefined) {
    const expected = `a run among the accounts 0 to ${ordered.length - 1}`
    throw new ProtocolError('ARGUMENT_INVALID', { name: 'first', got: `${count} from ${first} on`, expected })
  }
  const height = Math.ceil(Math.log2(run.length))
  if (first % 2 ** height !== 0) {
    const expected = `a multiple of ${2 ** height}`
    throw new ProtocolError('ARGUMENT_INVALID', { name: 'first', got: String(first), expected })
  }
  const entries = concat(
    run.map(([account, { cumulative }]) => solidityPacked(['address', 'uint128'], [account, cumulative])),
  )
  return [first, head[1].prefix, entries, dataSlice(head[1].proof, 24 * height)]
}

function entryOf(claims: ClaimsFile, account: string, path: string): ClaimEntry {
  const entry = claims.accounts[account]
  if (entry !== undefined) return entry
  const accounts = Object.keys(claims.accounts).length
  throw new ProtocolError('ACCOUNT_NOT_IN_CLAIMS', { path, got: account, accounts })
}

async function checkVault(vault: RewardVault, claims: ClaimsFile, path: string, chainId: bigint | undefined) {
  const here = `vault ${await vault.getAddress()} on chain ${chainId}`
  const recorded = `vault ${claims.vault} on chain ${claims.chainId}`
  if (here !== recorded) {
    throw new ProtocolError('CLAIMS_OF_OTHER_VAULT', { path, got: recorded, expected: here })
  }
}

async function checkRoot(vault: RewardVault, claims: ClaimsFile, path: string): Promise<void> {
  const { ledgerRoot: root, epoch } = await vault.root()
  if (BigInt(root) === 0n) {
    throw new ProtocolError('CLAIMS_PAUSED', { vault: await vault.getAddress(), epoch: Number(epoch) })
  }
  if (root !== claims.ledgerRoot) {
    const got = `root ${claims.ledgerRoot} of epoch ${claims.epoch}`
    throw new ProtocolError('ROOT_STALE', { path, got, expected: `root ${root} of epoch ${epoch}` })
  }
}

async function checkProof(vault: RewardVault, account: string, entry: ClaimEntry): Promise<void> {
  try {
    await vault.claim.staticCall(entry.index, account, entry.cumulative, entry.prefix, entry.proof)
  } catch (cause) {
    const revert = revertOf(cause, vault.interface)
    if (revert?.name === 'RewardVault_InvalidProof') {
      const [got, expected] = revert.args.map(String)
      const data = { account, got: `a proof of the root ${got}`, expected: `a proof of the root ${expected}` }
      throw new ProtocolError('PROOF_INVALID', data, { cause })
    }
    const got = reasonOf(cause, vault.interface)
    throw new ProtocolError('TRANSACTION_REVERTED', { call: `claim for ${account}`, got }, { cause })
  }
}

function checkedAddress(account: string): string {
  if (isAddress(account)) return getAddress(account)
  throw new ProtocolError('ARGUMENT_INVALID', {
    name: 'account',
    got: `"${account}"`,
    expected: 'an address',
  })
}
