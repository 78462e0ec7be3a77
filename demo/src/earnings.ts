import { leafAmount, poolParts, type EpochData } from '@open-datanets/attribution-oracle'

/** What every contribution earned in each question, read off the published trees. */
export interface Earnings {
  value: ReadonlyMap<number, bigint>
  usage: ReadonlyMap<number, bigint>
}

export function earningsOf({ tables }: EpochData): Earnings {
  const value = new Map<number, bigint>()
  const usage = new Map<number, bigint>()
  for (const leaf of tables.settlement) {
    const pool = tables.manifest.find(({ poolId }) => poolId === leaf.poolId)!
    const into = poolParts(leaf.poolId)?.kind === 'datanet' ? value : usage
    const id = Number(leaf.contributionId)
    into.set(id, (into.get(id) ?? 0n) + leafAmount(pool.amount, pool.totalWeight, leaf))
  }
  return { value, usage }
}

/** The sum over some contributions, in wei. */
export const sumOf = (ids: readonly number[], amounts: ReadonlyMap<number, bigint>): bigint =>
  ids.reduce((sum, id) => sum + (amounts.get(id) ?? 0n), 0n)
/** The sum over all contributions, in wei. */
export const totalOf = (amounts: ReadonlyMap<number, bigint>): bigint => sumOf([...amounts.keys()], amounts)
