import { createHash } from 'node:crypto'

/**
 * Which of the held-out items an epoch is judged on: the `share` with the smallest SHA-256 of (seed, digest). The pool is
 * committed, salted, before contributions are made; the seed is the hash of the block that closes the epoch, so nobody
 * who contributes knows the items or the draw, and nobody who commits the pool can choose it.
 * @param share in (0, 1]; at least one item is drawn
 * @returns in the order of `items`
 */
export function drawEvaluation<Item extends { readonly digest: string }>(
  items: readonly Item[],
  share: number,
  seed: string,
): Item[] {
  const keyed = items.map(item => ({
    item,
    key: createHash('sha256').update(`open-datanets/evaluation-draw\n${seed}\n${item.digest}`).digest('hex'),
  }))
  const drawn = [...keyed]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, Math.max(1, Math.ceil(share * items.length)))
  return keyed.filter(each => drawn.includes(each)).map(({ item }) => item)
}
