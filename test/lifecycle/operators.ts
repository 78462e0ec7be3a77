import { expect } from 'chai'
import { Signature, type Wallet, concat } from 'ethers'

import type { Post } from '../../attribution-oracle/src/domain'
import { attest } from '../../scripts/postFile'
import { OPEN } from './cast'
import type { World } from './world'

/** What every operator stands in for its word with: more than the least bond, and odd. */
export const BOND = 12_345n * OPEN + 1n

/** The market lends operators their bonds, which they put up. */
export async function bond({ system, cast }: World, operators: readonly Wallet[]): Promise<void> {
  const { token, operatorSet } = system
  for (const operator of operators) {
    await token.connect(cast.market).transfer(operator, BOND)
    await token.connect(operator).approve(operatorSet, BOND)
    await operatorSet.connect(operator).bond(BOND)
    expect(await operatorSet.isActive(operator)).to.equal(true)
  }
}

/** A post as it is sent: its first operator sends it, the others have signed. */
export interface Signed {
  readonly sender: Wallet
  readonly signers: number
  readonly signatures: string
}

/** Signatures of the operators on these seats (EIP-712, 64 bytes each), the lowest seat being the sender. */
export async function signedBy(world: World, post: Post, seats: readonly number[]): Promise<Signed> {
  const operators = await onSeats(world, post.epoch, seats)
  const [sender, ...others] = operators
  const signed = { ...post, blockNumber: BigInt(post.blockNumber) }
  const signatures: string[] = []
  for (const operator of others) {
    const { signature } = await attest(world.system, operator, signed)
    signatures.push(Signature.from(signature).compactSerialized)
  }
  const signers = seats.reduce((mask, seat) => mask | (1 << seat), 0)
  return { sender: sender!, signers, signatures: concat(signatures) }
}

/** Whose the seats of an epoch are, lowest first. */
export async function onSeats(
  { system, cast }: World,
  epoch: number,
  seats: readonly number[],
): Promise<Wallet[]> {
  const [members] = await system.operatorSet.membersOf(epoch)
  const everybody = new Map([...cast.operators, ...cast.newOperators].map(one => [one.address, one]))
  return [...seats].sort((a, b) => a - b).map(seat => everybody.get(members[seat]!)!)
}
