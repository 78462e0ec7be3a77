import { expect } from 'chai'
import { type AddressLike, Wallet, ZeroAddress } from 'ethers'

import { SUPPLY } from '../../scripts/deployParameters'
import { addressesOf } from '../../scripts/system'
import { showVesting } from '../../scripts/vestingWallets'
import { FIRST_CURATED, FIRST_STAKED, STAKED_DATANET } from './datanets'
import { MODELS } from './models'
import type { World } from './world'

/** A class of accounts, what it holds together, and what that is. */
export interface Holding {
  readonly name: string
  readonly wei: bigint
  readonly of: readonly (readonly [name: string, wei: bigint])[]
}

/** Every wei by who holds it, each contract's balance explained by its own counters; the rest of one is its dust. */
export async function wholeSupply(world: World): Promise<Holding[]> {
  const { system } = world
  const { token, genesis, timelock } = system
  const vesting = await showVesting(system)
  const groups = [...new Set(vesting.map(({ group }) => group))]
  const inGroup = (name: string) => sum(vesting.filter(({ group }) => group === name).map(({ held }) => held))
  return [
    { name: 'genesis distribution', wei: await token.balanceOf(genesis), of: [] },
    {
      name: 'vesting wallets',
      wei: sum(vesting.map(({ held }) => held)),
      of: groups.map(group => [group, inGroup(group)]),
    },
    { name: 'timelock, the treasury', wei: await token.balanceOf(timelock), of: [] },
    ...(await contracts(world)),
    ...(await accounts(world)),
    await burned(world),
  ]
}

/** No account holds OPEN that no line of the table speaks for. */
export async function expectNobodyElse({ system, cast, wallet }: World): Promise<void> {
  const { token, record } = system
  const held = new Map<string, bigint>()
  for (const { args } of await token.queryFilter(token.filters.Transfer(), record.blockNumber)) {
    held.set(args.from, (held.get(args.from) ?? 0n) - args.value)
    held.set(args.to, (held.get(args.to) ?? 0n) + args.value)
  }
  expect(held.get(ZeroAddress)).to.equal((await token.totalSupply()) * -1n)
  held.delete(ZeroAddress)
  const known = new Set([
    ...Object.values(addressesOf(record)),
    ...(await showVesting(system)).map(one => one.wallet),
    ...Object.values(cast)
      .flatMap(members => (members instanceof Wallet ? [members] : members))
      .map(one => one.address),
    await wallet.getAddress(),
  ])
  expect([...held].filter(([account, wei]) => wei !== 0n && !known.has(account))).to.deep.equal([])
}

/** The pools were paid in full: what was funded, released and paid out are one number. */
export async function expectPaidInFull({ system, cast }: World): Promise<void> {
  const { token, rewardEscrow, rewardVault } = system
  const released = await rewardEscrow.totalReleased()
  expect(sum([...(await poolsOf(system)).values()])).to.equal(released)
  expect(sum(await Promise.all(cast.holders.map(holder => token.paid(holder))))).to.equal(released)
  expect(await token.balanceOf(rewardEscrow)).to.equal(0n)
  expect(await token.balanceOf(rewardVault)).to.equal(0n)
}

/** The people of the story, in classes. */
async function accounts({ system: { token }, cast, wallet }: World): Promise<Holding[]> {
  const { market, foundation, investors, team, ...others } = cast
  const { depositor, directPayer, signingPayer, walletKey, ...unpaying } = others
  const { datanetOwners, builders, operators, newOperators, holders, coldWallet, ...rest } = unpaying
  const { challenger, accuser, defender, crowd, ...theRest } = rest
  const classes: [name: string, members: Record<string, AddressLike | readonly AddressLike[]>][] = [
    ['genesis holders', { market, foundation, investors, team }],
    ['payers', { depositor, wallet, walletKey, directPayer, signingPayer }],
    ['owners', { datanetOwners, builders }],
    ['operators', { operators, newOperators }],
    ['contributors', { contributors: holders, coldWallet }],
    ['parties of proofs and disputes', { challenger, accuser, defender, crowd }],
    ['everybody else', theRest],
  ]
  return Promise.all(
    classes.map(async ([name, members]) => {
      const of = await Promise.all(
        Object.entries(members).map(async ([member, who]) => {
          const balances = [who].flat().map(account => token.balanceOf(account))
          return [spaced(member), sum(await Promise.all(balances))] as const
        }),
      )
      return { name, wei: sum(of.map(([, wei]) => wei)), of }
    }),
  )
}

async function contracts({ system, cast, wallet }: World): Promise<Holding[]> {
  const { token, emissionController, rewardEscrow, rewardVault, operatorSet, disputeCourt } = system
  const [funded, released] = await rewardEscrow.totals()
  const paid = sum(await Promise.all(cast.holders.map(holder => token.paid(holder))))
  const operators = [...cast.operators, ...cast.newOperators]
  const people = Object.values(cast).flat()
  const reserve = await token.balanceOf(emissionController)
  const accrued = await emissionController.totalAccrued()
  return [
    {
      name: 'emission controller',
      wei: reserve,
      of: [
        ['owed to parents', accrued],
        ['vested, for later epochs', reserve - accrued],
      ],
    },
    await explained('escrow', token, rewardEscrow, [['not released yet', funded - released]], 0n),
    await explained('vault', token, rewardVault, [['not claimed yet', released - paid]], 0n),
    await payments({ system, cast, wallet }),
    await staking({ system, cast }),
    await explained(
      'operator set',
      token,
      operatorSet,
      [
        ['bonds', await added(operators, one => operatorSet.bondOf(one))],
        ['leaving', await added(operators, one => operatorSet.leavingOf(one))],
        ['rewards of challengers', await added(people, one => operatorSet.rewardOf(one))],
      ],
      0n,
    ),
    await explained(
      'dispute court',
      token,
      disputeCourt,
      [['credits', await added(people, one => disputeCourt.creditOf(one))]],
      0n,
    ),
  ]
}

async function payments({ system, cast, wallet }: Pick<World, 'system' | 'cast' | 'wallet'>) {
  const { token, inferencePayments } = system
  const owed = await Promise.all(MODELS.map(modelId => inferencePayments.owed(modelId)))
  const lineage = await Promise.all(MODELS.map(modelId => inferencePayments.owedLineage(modelId)))
  const deposits = [
    await inferencePayments.depositOf(cast.depositor),
    await inferencePayments.depositOf(wallet),
  ]
  return explained(
    'inference payments',
    token,
    inferencePayments,
    [
      ['deposits', sum(deposits)],
      ['owed to contributors', sum(owed.map(({ contributors }) => contributors))],
      ['owed to owners', sum([...owed.map(({ owner }) => owner), ...lineage])],
      ['owed to treasury', await inferencePayments.owedProtocol()],
      ['owed to stakers', await inferencePayments.owedStakers()],
    ],
    2n * BigInt(MODELS.length) + 2n,
  )
}

async function staking({ system, cast }: Pick<World, 'system' | 'cast'>): Promise<Holding> {
  const { token, staking } = system
  const exiting = await added(cast.holders, async holder => {
    return (await staking.positionOf(holder, STAKED_DATANET)).exiting
  })
  const people = Object.values(cast).flat()
  return explained(
    'staking',
    token,
    staking,
    [
      ['stakes', await staking.totalStaked()],
      ['exiting', exiting],
      ['rewards', await added(cast.holders, one => staking.rewardOf(one))],
      ['rewards still to flow', (await staking.carriedReward()) / (await staking.REWARD_SCALE())],
      ['credits', await added(people, one => staking.creditOf(one))],
    ],
    // a part of a wei for each staker, and one that is carried to the next reward
    BigInt(FIRST_CURATED - FIRST_STAKED) + 1n,
  )
}

/** The balance of a contract by its counters, and the dust that floors left: below `most` wei. */
async function explained(
  name: string,
  token: World['system']['token'],
  contract: Parameters<typeof token.balanceOf>[0],
  of: Holding['of'],
  most: bigint,
): Promise<Holding> {
  const wei = await token.balanceOf(contract)
  const dust = wei - sum(of.map(([, amount]) => amount))
  expect(dust, `dust of ${name}`).to.be.within(0n, most)
  return { name, wei, of: most === 0n ? of : [...of, ['dust of rounding', dust]] }
}

/** What was burned, by what burned it. */
async function burned({ system }: World): Promise<Holding> {
  const { token, operatorSet, staking, disputeCourt, record } = system
  const from = record.blockNumber
  const bonds = await operatorSet.queryFilter(operatorSet.filters.SlashSettled(), from)
  const stakes = await staking.queryFilter(staking.filters.Slashed(), from)
  const disputes = await disputeCourt.queryFilter(disputeCourt.filters.DisputeResolved(), from)
  const appeals = await disputeCourt.queryFilter(disputeCourt.filters.DisputeAppealed(), from)
  const of = [
    ['bonds of lying operators', sum(bonds.map(({ args }) => args.burned))],
    ['slashed stake', sum(stakes.map(({ args }) => args.burned))],
    ['lost bonds of disputes', sum(disputes.map(({ args }) => args.burned))],
    ['stakes of appeals', sum(appeals.map(({ args }) => args.burned))],
  ] as const
  const wei = SUPPLY - (await token.totalSupply())
  expect(sum(of.map(([, amount]) => amount))).to.equal(wei)
  return { name: 'burned', wei, of }
}

async function added<T>(items: readonly T[], of: (item: T) => Promise<bigint>): Promise<bigint> {
  return sum(await Promise.all(items.map(of)))
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((all, amount) => all + amount, 0n)
}

/** What each pool was ever funded. */
export async function poolsOf({
  rewardEscrow,
  record,
}: World['system']): Promise<ReadonlyMap<bigint, bigint>> {
  const fundings = await rewardEscrow.queryFilter(rewardEscrow.filters.PoolFunded(), record.blockNumber)
  return new Map(fundings.map(({ args }) => [args.poolId, args.poolTotal]))
}

/** A name of the cast in words. */
function spaced(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}
