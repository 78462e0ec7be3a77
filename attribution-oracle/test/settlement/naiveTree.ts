import { AbiCoder, concat, dataSlice, id, keccak256, solidityPacked } from 'ethers'

/** The formats once more, written for reading and not for speed, with another keccak: the reference of the tests. */
export const hash24 = (bytes: string): string => dataSlice(keccak256(bytes), 0, 24)

const ZERO = `0x${'00'.repeat(24)}`

export function domain(tree: string, chainId: number, vault: string): string {
  const tag = id(`OpenDatanets.${tree}.v1`)
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256', 'address', 'uint32'], [tag, chainId, vault, 1]),
  )
}

export function packedLeaf(separator: string, types: string[], values: unknown[]): string {
  return hash24(solidityPacked(['bytes32', ...types], [separator, ...values]))
}

/** Root of a perfect tree that is padded with zero leaves, level by level. */
export function naiveRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return ZERO
  let level = [...leaves]
  while (level.length > 1) {
    if (level.length % 2) level.push(ZERO)
    level = Array.from({ length: level.length / 2 }, (_, i) => {
      const [left, right] = [level[2 * i]!, level[2 * i + 1]!]
      return left === ZERO && right === ZERO ? ZERO : hash24(concat([left, right]))
    })
  }
  return level[0]!
}
