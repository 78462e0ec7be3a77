import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/signers'
import type { BaseContract, TypedDataDomain } from 'ethers'
import { ethers, network } from 'hardhat'

import type { OpenToken } from '../../../typechain-types'

/** A token whose behaviour is checked, called through what it has in common with OPEN. */
export interface TokenUnderTest {
  readonly token: OpenToken
  /** The contract whose interface declares the errors. */
  readonly errors: BaseContract
  readonly domain: TypedDataDomain
  readonly supply: bigint
  /** Has the whole supply. */
  readonly holder: HardhatEthersSigner
  readonly alice: HardhatEthersSigner
  readonly bob: HardhatEthersSigner
  readonly carol: HardhatEthersSigner
}

export type TokenFixture = () => Promise<TokenUnderTest>

/** Wraps a deployed contract; the accounts are those after the first, in the order of the interface. */
export async function tokenUnderTest(errors: BaseContract): Promise<TokenUnderTest> {
  const [, holder, alice, bob, carol] = await ethers.getSigners()
  const token = await ethers.getContractAt('OpenToken', await errors.getAddress())
  return {
    token,
    errors,
    domain: await domainOf(token),
    supply: await token.totalSupply(),
    holder: holder!,
    alice: alice!,
    bob: bob!,
    carol: carol!,
  }
}

async function domainOf(token: OpenToken): Promise<TypedDataDomain> {
  const { name, version, chainId, verifyingContract } = await token.eip712Domain()
  return { name, version, chainId, verifyingContract }
}

/** Sends transactions that end up in one block, in the order given, and mines it. */
export async function inOneBlock(...sends: readonly (() => Promise<unknown>)[]): Promise<void> {
  await network.provider.send('evm_setAutomine', [false])
  try {
    for (const send of sends) await send()
    await network.provider.send('evm_mine', [])
  } finally {
    await network.provider.send('evm_setAutomine', [true])
  }
}
