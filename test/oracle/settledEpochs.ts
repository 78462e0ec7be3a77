import { time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import type { ContractTransactionResponse } from 'ethers'

import type { Post } from '../../attribution-oracle/src/domain'
import type { IPageDemands } from '../../typechain-types/contracts/interfaces/IPageDemands'
import type { Posted } from '../../attribution-oracle/src/settlement'
import {
  type CorruptionScene,
  type Epoch,
  type Weights,
  SIGNERS,
  WINDOW,
  cloned,
  corruptionScene,
  fund,
  honest,
  postOf,
  postedOf,
} from './corruptionScene'

export const POOLS = [(1n << 32n) | 1n, (1n << 32n) | 5n, (2n << 32n) | 1n, (2n << 32n) | 9n]
const FIRST: Weights = new Map([
  [
    POOLS[0]!,
    [
      [0, 3, 5n],
      [0, 7, 1n],
      [1, 0, 30n],
      [3, 2, 4n],
    ],
  ],
  [POOLS[2]!, [[2, 1, 9n]]],
])
const SECOND: Weights = new Map([
  [
    POOLS[0]!,
    [
      [0, 3, 5n],
      [1, 1, 2n],
      [1, 4, 8n],
      [1, 9, 3n],
      [4, 0, 7n],
    ],
  ],
  [
    POOLS[2]!,
    [
      [2, 1, 9n],
      [4, 6, 2n],
    ],
  ],
  [POOLS[3]!, [[4, 5, 1n]]],
])

/** Epoch 1 is ready to be posted: four of six contributors, three funded pools, one of them without weights. */
export async function firstEpoch() {
  const scene = await corruptionScene()
  const amounts = [1_000n, 50n, 77n]
  const funded = await fund(scene, new Map(POOLS.slice(0, 3).map((poolId, i) => [poolId, amounts[i]!])))
  const epoch = honest(scene, funded, FIRST, 4)
  return { ...scene, number: 1, epoch, post: postOf(scene, 1, epoch), funded, last: undefined }
}

/** Epoch 1 is final, epoch 2 ready to be posted: a contributor and a pool are new. */
export async function secondEpoch() {
  const { epoch: before, post: last, ...scene } = await firstEpoch()
  await post(scene, last)
  await time.increase(WINDOW)
  await scene.oracle.finalize(last, SIGNERS)
  const amounts = [313n, 0n, 1_009n, 17n]
  const funded = await fund(scene, new Map(POOLS.map((poolId, i) => [poolId, amounts[i]!])))
  const epoch = honest(scene, funded, SECOND, 5, before)
  return {
    ...scene,
    number: 2,
    epoch,
    post: postOf(scene, 2, epoch),
    funded,
    last: { post: last, epoch: before },
  }
}

export interface Ground extends CorruptionScene {
  number: number
  epoch: Epoch
  post: Post
  funded: ReadonlyMap<bigint, bigint>
  last: { post: Post; epoch: Epoch } | undefined
}

/** All trees of an epoch, published. */
export type Published = Posted & {
  [Tree in 'ledger' | 'journal' | 'manifest']: NonNullable<Posted[Tree]>
}

/** The epoch after a change, with a post over whatever the leaves then are; settlement roots follow their leaves. */
export function told(ground: Ground, change: (epoch: Epoch) => void = () => undefined): Published {
  const { number, epoch, funded, last, trees } = ground
  const lie = cloned(epoch)
  change(lie)
  for (const pool of lie.manifest) {
    const leaves = lie.settlements.get(pool.poolId)
    if (leaves) pool.settlementRoot = trees.settlement(pool.poolId, leaves).tree.root
  }
  return postedOf(ground, postOf(ground, number, lie), lie, funded, last) as Published
}

/** A demanded page, as the contract takes it back. */
export function asked({ tree, poolId, root, leafCount, number }: IPageDemands.PageStructOutput) {
  return { tree, poolId, root, leafCount, number }
}

/** Posts as the only operator. */
export async function post(
  { oracle, operator }: Pick<CorruptionScene, 'oracle' | 'operator'>,
  newPost: Post,
) {
  return oracle.connect(operator).post(newPost, SIGNERS, '0x')
}

/** What a proven challenge does: the post is gone, its signer slashed, in favour of who proved it. */
export async function expectRejected(
  { oracle, operators, operator, challenger, number }: Ground,
  challenge: Promise<ContractTransactionResponse>,
  reason: number,
) {
  await expect(challenge)
    .to.emit(oracle, 'RootRejected')
    .withArgs(number, challenger.address, SIGNERS, reason)
  expect((await oracle.pending()).deadline).to.equal(0n)
  expect(await operators.isActive(operator)).to.equal(false)
  expect(await operators.slashedBy(operator)).to.equal(challenger.address)
}
