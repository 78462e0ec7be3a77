import type { Keccak } from './keccak'
import { fromHex } from './hex'

export const TREES = ['Settlement', 'Manifest', 'Journal', 'Ledger'] as const
export type TreeName = (typeof TREES)[number]
export type Domains = Readonly<Record<TreeName, Uint8Array>>

/**
 * DOMAIN(tree) = keccak256(abi.encode(keccak256("OpenDatanets.<Tree>.v1"), chainId, vault, specVersion)): the first 32
 * bytes of every leaf, so that no leaf of one tree, vault, chain or format is a leaf of another.
 */
export function treeDomains(keccak: Keccak, chainId: number, vault: string, specVersion: number): Domains {
  const separator = (tree: TreeName): Uint8Array => {
    const encoded = new Uint8Array(4 * 32)
    const view = new DataView(encoded.buffer)
    encoded.set(keccak(new TextEncoder().encode(`OpenDatanets.${tree}.v1`)), 0)
    view.setBigUint64(2 * 32 - 8, BigInt(chainId))
    encoded.set(fromHex(vault), 3 * 32 - 20)
    view.setUint32(4 * 32 - 4, specVersion)
    return keccak(encoded)
  }
  return {
    Settlement: separator('Settlement'),
    Manifest: separator('Manifest'),
    Journal: separator('Journal'),
    Ledger: separator('Ledger'),
  }
}
