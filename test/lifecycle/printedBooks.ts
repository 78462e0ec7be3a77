import { formatEther } from 'ethers'

import { type PoolKind, poolParts } from '../../attribution-oracle/src/domain'
import { type Holding, poolsOf, sum } from './wholeSupply'
import type { World } from './world'

const NAME = 32
const AMOUNT = 32

/** The table, with what the pools were funded and paid below it. */
export async function printed({ system, cast }: World, holdings: readonly Holding[]): Promise<string> {
  const { token, rewardEscrow } = system
  const pools = [...(await poolsOf(system))]
  const byKind = (kind: PoolKind) =>
    sum(pools.filter(([poolId]) => poolParts(poolId)?.kind === kind).map(([, wei]) => wei))
  const rule = '-'.repeat(NAME + AMOUNT)
  return [
    '',
    'Every wei of OPEN',
    rule,
    ...holdings.flatMap(({ name, wei, of }) => [
      row(name, wei),
      ...of.filter(([, part]) => part !== 0n).map(([part, amount]) => row(`  ${part}`, amount)),
    ]),
    rule,
    row('together', sum(holdings.map(({ wei }) => wei))),
    '',
    row('pools: funded by emissions', byKind('datanet')),
    row('pools: funded by fees', byKind('model')),
    row('released by the oracle', await rewardEscrow.totalReleased()),
    row(
      `paid to ${grouped(String(cast.holders.length))} contributors`,
      sum(await Promise.all(cast.holders.map(holder => token.paid(holder)))),
    ),
    '',
    '',
  ].join('\n')
}

function row(name: string, wei: bigint): string {
  const [whole, fraction = ''] = formatEther(wei).split('.')
  return `${name.padEnd(NAME)}${`${grouped(whole!)}.${fraction.replace(/^0$/, '').padEnd(18, '0')}`.padStart(AMOUNT)}`
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',')
}
