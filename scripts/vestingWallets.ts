import { Interface, ZeroAddress } from 'ethers'

import { VestingWallet__factory } from '../typechain-types'
import { GENESIS_GROUPS } from './deployParameters'
import { ProtocolError } from './errors'
import type { ProtocolCall } from './protocolCall'
import type { System } from './system'

export interface VestingView {
  readonly group: string
  readonly wallet: string
  readonly owner: string
  /** Unix seconds. */
  readonly start: number
  readonly end: number
  /** Wei. */
  readonly released: bigint
  readonly releasable: bigint
  /** What is still in it, vested or not. */
  readonly held: bigint
}

/** Every vesting wallet of the genesis as it stands. */
export async function showVesting({ genesis, token }: System): Promise<VestingView[]> {
  const provider = token.runner?.provider
  const groups = await Promise.all(
    Object.keys(GENESIS_GROUPS).map(async (group, number) => {
      const wallets = (await genesis.walletsOf(number)).filter(wallet => wallet !== ZeroAddress)
      return Promise.all(
        wallets.map(async wallet => {
          const contract = VestingWallet__factory.connect(wallet, provider)
          const [owner, start, end, released, releasable, held] = await Promise.all([
            contract.owner(),
            contract.start().then(Number),
            contract.end().then(Number),
            contract['released(address)'](token),
            contract['releasable(address)'](token),
            token.balanceOf(wallet),
          ])
          return { group, wallet, owner, start, end, released, releasable, held }
        }),
      )
    }),
  )
  return groups.flat()
}

/**
 * The call that pays out what has vested in a wallet of the genesis.
 * @throws ProtocolError ARGUMENT_INVALID for an address that is none of them.
 */
export async function releaseCall(system: System, wallet: string): Promise<ProtocolCall> {
  const wallets = await showVesting(system)
  const found = wallets.find(({ wallet: known }) => known.toLowerCase() === wallet.toLowerCase())
  if (found === undefined) {
    const expected = `one of: ${wallets.map(({ group, wallet: known }) => `${known} (${group})`).join(', ')}`
    throw new ProtocolError('ARGUMENT_INVALID', { name: 'wallet', got: wallet, expected })
  }
  const abi = new Interface(VestingWallet__factory.abi)
  const { address } = system.record.contracts.token
  return {
    title: `the release of ${found.wallet}`,
    to: found.wallet,
    abi,
    method: 'release(address)',
    args: [address],
  }
}
