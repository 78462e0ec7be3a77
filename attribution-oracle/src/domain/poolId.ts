import { AttributionOracleError } from '../errors'

export type PoolKind = 'datanet' | 'model'

const NUMBERS: Record<PoolKind, bigint> = { datanet: 1n, model: 2n }

/** poolId = (kind << 32) | id, the name of a pool in escrow: datanet pools hold emissions, model pools hold fees. */
export function poolId(kind: PoolKind, id: number): bigint {
  if (!Number.isInteger(id) || id < 0 || id > 0xffffffff) {
    throw new AttributionOracleError(
      'INVALID_ARGUMENT',
      { what: `A pool of kind ${kind} needs a 32-bit id`, got: String(id), expected: '0 to 4294967295' },
      { argument: 'id', got: String(id), expected: '0 to 4294967295' },
    )
  }
  return (NUMBERS[kind] << 32n) | BigInt(id)
}

/** The parts of a pool id, or undefined for a kind that this version does not know. */
export function poolParts(pool: bigint): { kind: PoolKind; id: number } | undefined {
  const number = pool >> 32n
  const kind = number === 1n ? 'datanet' : number === 2n ? 'model' : undefined
  return kind && { kind, id: Number(pool & 0xffffffffn) }
}
