import { formatUnits } from 'ethers'
import { AttributionOracleError } from '../../errors'
import type { Market } from './sendingChain'

/** How much is paid for a transaction, and how it is pushed when it is not mined. */
export interface FeeRules {
  /** never more than this for a unit of gas, priority fee included; wei */
  maxFeePerGas: bigint
  /** a replacement offers this many times the fees of the try before; nodes take no less than 1.1 */
  bumpFactor: number
  /** how long a try may wait before it is replaced */
  bumpAfterMs: number
  /** how often the action is signed at most, and as often its cancellation */
  attempts: number
  /** of what recent blocks were paid; 50 when left out */
  priorityFeePercentile?: number
}

/** Wei per gas of one try. */
export interface Fees {
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
}

/** What The Graph's indexer-agent uses. */
export const DEFAULT_FEES: FeeRules = {
  maxFeePerGas: 200n * 10n ** 9n,
  bumpFactor: 1.2,
  bumpAfterMs: 240_000,
  attempts: 10,
}

const LEAST_BUMP = 1.1
const MILLIONTHS = 1_000_000n

/** @throws INVALID_ARGUMENT for rules by which nothing could ever be replaced */
export function checkedRules(rules: FeeRules): FeeRules {
  const faults: [string, boolean, string][] = [
    ['bumpFactor', rules.bumpFactor >= LEAST_BUMP, `${LEAST_BUMP} or more`],
    ['attempts', Number.isInteger(rules.attempts) && rules.attempts >= 1, '1 or more'],
    ['bumpAfterMs', rules.bumpAfterMs > 0, 'more than 0'],
    ['maxFeePerGas', rules.maxFeePerGas > 0n, 'more than 0'],
  ]
  for (const [argument, fine, expected] of faults) {
    if (fine) continue
    const got = String(rules[argument as keyof FeeRules])
    const what = `No transaction can be sent by these fee rules: ${argument}`
    throw new AttributionOracleError('INVALID_ARGUMENT', { what, got, expected }, { argument, got, expected })
  }
  return rules
}

/** Room for the base fee to double. @throws FEE_TOO_HIGH when the next block asks for more than the cap */
export function firstFees({ maxFeePerGas: cap }: FeeRules, { baseFee, priorityFee }: Market): Fees {
  if (baseFee > cap) throw tooHigh(baseFee, cap)
  const maxFeePerGas = least(cap, 2n * baseFee + priorityFee)
  return { maxFeePerGas, maxPriorityFeePerGas: least(priorityFee, maxFeePerGas) }
}

/**
 * Fees at which nodes replace `last` at its nonce.
 * @returns undefined when the cap leaves no room for that
 */
export function bumpedFees(rules: FeeRules, { baseFee, priorityFee }: Market, last: Fees): Fees | undefined {
  const wanted = most(2n * baseFee + priorityFee, times(last.maxFeePerGas, rules.bumpFactor))
  const maxFeePerGas = least(rules.maxFeePerGas, wanted)
  if (maxFeePerGas < times(last.maxFeePerGas, LEAST_BUMP)) return undefined
  const tip = most(priorityFee, times(last.maxPriorityFeePerGas, rules.bumpFactor))
  return { maxFeePerGas, maxPriorityFeePerGas: least(tip, maxFeePerGas) }
}

/** Rounded up: a wei too few and the replacement is refused. */
function times(value: bigint, factor: number): bigint {
  const scaled = value * BigInt(Math.round(factor * Number(MILLIONTHS)))
  return (scaled + MILLIONTHS - 1n) / MILLIONTHS
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b)

function tooHigh(baseFee: bigint, cap: bigint): AttributionOracleError {
  const [got, expected] = [baseFee, cap].map(fee => `${formatUnits(fee, 'gwei')} gwei`) as [string, string]
  return new AttributionOracleError(
    'FEE_TOO_HIGH',
    {
      what: 'A block asks for a higher base fee than the operator pays; nothing was signed',
      got,
      expected: `at most ${expected}`,
      fix: 'wait, or raise the fee cap',
    },
    { got: String(baseFee), expected: String(cap) },
  )
}
