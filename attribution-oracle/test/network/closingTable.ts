import { formatAmount } from '../../src/pipeline'
import type { Balance } from './accounts'

/** One lie of an operator and what became of it. */
export interface Struck {
  epoch: number
  liar: string
  challenger: string
  burned: bigint
  rewarded: bigint
}

export interface Closing {
  epochs: number
  /** blocks, and how often what happened on the way; by what it is */
  world: Readonly<Record<string, number>>
  /** by operator, in the order of their seats */
  operators: readonly { name: string; posted: number; finalized: number }[]
  struck: readonly Struck[]
  balances: readonly Balance[]
}

/** What a run of the network came to, for people. */
export function closingTable({ epochs, world, operators, struck, balances }: Closing): string {
  return [
    `${epochs} epochs final`,
    ...Object.entries(world).map(([what, count]) => `  ${what.padEnd(46)} ${String(count).padStart(7)}`),
    '',
    'operator      posted  finalized',
    ...operators.map(
      ({ name, posted, finalized }) =>
        `${name.padEnd(12)} ${String(posted).padStart(7)} ${String(finalized).padStart(10)}`,
    ),
    '',
    'lie in epoch  by            struck down by        burned  to the challenger',
    ...struck.map(
      ({ epoch, liar, challenger, burned, rewarded }) =>
        `${String(epoch).padStart(12)}  ${liar.padEnd(12)}  ${challenger.padEnd(14)} ${whole(burned)} ${whole(rewarded).padStart(18)}`,
    ),
    '',
    'wei in = wei out, in OPEN',
    ...balances.flatMap(({ what, in: into, out }) => [
      `  ${what.padEnd(34)} ${amount(into)}`,
      ...Object.entries(out).map(([where, wei]) => `    ${where.padEnd(32)} ${amount(wei)}`),
    ]),
  ].join('\n')
}

function amount(wei: bigint): string {
  return formatAmount(wei).padStart(36)
}

function whole(wei: bigint): string {
  return formatAmount(wei).replace(/\..*/, '').padStart(13)
}
