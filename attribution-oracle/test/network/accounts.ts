import { ZeroAddress } from 'ethers'
import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { readEpoch } from '../../src/content'
import { claimsDocument, parseDocument, type Post } from '../../src/domain'
import { publishedFiles } from '../../src/pipeline'
import type { Datanet, OracleProcess } from '../scene/datanet'

/** Where wei came in, where they went, and what is still there: in = the sum of out. */
export interface Balance {
  what: string
  in: bigint
  out: Readonly<Record<string, bigint>>
}

const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, each) => total + each, 0n)

/** Every account claims what the last final root gives it. @returns how many were paid */
export async function claimAll({ system }: Datanet, operator: OracleProcess, post: Post): Promise<number> {
  const file = publishedFiles(operator.publishFolder, post.epoch).claims
  const claims = parseDocument(claimsDocument, 'claims', await readFile(file))
  let paid = 0
  for (const [account, { index, cumulative, prefix, proof }] of Object.entries(claims.accounts)) {
    const earned = sum((await operator.store.earnings(account)).map(({ amount }) => amount))
    expect(earned, `earnings of ${account}`).to.equal(cumulative)
    if (cumulative === 0n) continue
    const before = await system.token.balanceOf(account)
    await (await system.rewardVault.claim(index, account, cumulative, prefix, proof)).wait()
    expect((await system.token.balanceOf(account)) - before).to.equal(cumulative)
    paid++
  }
  return paid
}

/**
 * Where all money of the network is after the claims on its last final post. The left side is what events say, the right
 * side what the contracts hold.
 */
export async function balancesOf(
  datanet: Datanet,
  { content }: OracleProcess,
  post: Post,
): Promise<Balance[]> {
  const { rewardEscrow, rewardVault, emissionController, inferencePayments } = datanet.system
  const { token, operatorSet } = datanet.system
  const held = async (contract: { getAddress(): Promise<string> }): Promise<bigint> =>
    token.balanceOf(await contract.getAddress())
  const funded = (await rewardEscrow.queryFilter(rewardEscrow.filters.PoolFunded())).map(({ args }) => args)
  const from = async (contract: { getAddress(): Promise<string> }): Promise<bigint> => {
    const address = await contract.getAddress()
    return sum(funded.filter(each => each.from === address).map(({ amount }) => amount))
  }
  const [emissions, fees] = [await from(emissionController), await from(inferencePayments)]
  const claims = await rewardVault.queryFilter(rewardVault.filters.Claimed())
  const redeemed = await inferencePayments.queryFilter(inferencePayments.filters.VoucherRedeemed())
  const bonded = await operatorSet.queryFilter(operatorSet.filters.Bonded())
  const settled = await operatorSet.queryFilter(operatorSet.filters.SlashSettled())
  await expectPoolsPaid(datanet, content, post)
  return [
    {
      what: 'escrow: emissions and fees',
      in: emissions + fees,
      out: { released: await rewardEscrow.totalReleased(), held: await held(rewardEscrow) },
    },
    {
      what: 'vault: releases',
      in: post.total,
      out: { claimed: sum(claims.map(({ args }) => args.amount)), held: await held(rewardVault) },
    },
    {
      what: 'payments: fees paid',
      in: sum(redeemed.map(({ args }) => args.amount)),
      out: { contributors: fees, held: await held(inferencePayments) },
    },
    {
      what: 'operators: bonds',
      in: sum(bonded.map(({ args }) => args.amount)),
      out: {
        burned: sum(settled.map(({ args }) => args.burned)),
        'to challengers': sum(settled.map(({ args }) => args.rewarded)),
        bonded: sum(await Promise.all(datanet.operators.map(({ address }) => operatorSet.bondOf(address)))),
      },
    },
    await supplyOf(datanet),
  ]
}

/** No pool has paid more than it was funded with, and the pools' sums are the ledger's. */
async function expectPoolsPaid(
  { system }: Datanet,
  content: OracleProcess['content'],
  post: Post,
): Promise<void> {
  const { tables } = await readEpoch(content, post.dataDigest, post)
  for (const { poolId, cumulative } of tables.manifest) {
    const into = await system.rewardEscrow.funded(poolId)
    expect(cumulative <= into, `pool ${poolId} paid ${cumulative} of ${into}`).to.equal(true)
  }
  expect(sum(tables.manifest.map(({ cumulative }) => cumulative))).to.equal(post.total)
  expect(sum(tables.ledger.map(({ cumulative }) => cumulative))).to.equal(post.total)
}

/** Replays every transfer of the token since its first block: each account has what it was given, less what it gave. */
async function supplyOf({ system: { token } }: Datanet): Promise<Balance> {
  const transfers = await token.queryFilter(token.filters.Transfer(), 0)
  const holds = new Map<string, bigint>()
  const add = (account: string, amount: bigint): void =>
    void holds.set(account, (holds.get(account) ?? 0n) + amount)
  for (const { args } of transfers) {
    add(args.from, -args.value)
    add(args.to, args.value)
  }
  const minted = sum(transfers.filter(({ args }) => args.from === ZeroAddress).map(({ args }) => args.value))
  const burned = sum(transfers.filter(({ args }) => args.to === ZeroAddress).map(({ args }) => args.value))
  holds.delete(ZeroAddress)
  for (const [account, amount] of holds) expect(await token.balanceOf(account), account).to.equal(amount)
  expect(await token.totalSupply()).to.equal(minted - burned)
  const out = { burned, [`held by ${holds.size} accounts`]: sum(holds.values()) }
  return { what: 'token: minted', in: minted, out }
}
