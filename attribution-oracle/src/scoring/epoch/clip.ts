/**
 * Limits each file's score per byte to the given quantile (nearest rank) of all files' scores per byte: content that
 * was made to stand out in attribution earns no more a byte than the best of ordinary content.
 * @param bytes size of each scored file
 */
export function clipDensity(
  scores: ReadonlyMap<bigint, number>,
  bytes: ReadonlyMap<bigint, number>,
  quantile: number,
): Map<bigint, number> {
  const sizeOf = (id: bigint): number => Math.max(1, bytes.get(id) ?? 0)
  const densities = [...scores].map(([id, score]) => score / sizeOf(id)).sort((a, b) => a - b)
  const rank = Math.max(0, Math.ceil(quantile * densities.length) - 1)
  const limit = densities[rank] ?? Infinity
  return new Map([...scores].map(([id, score]) => [id, Math.min(score, limit * sizeOf(id))]))
}
