import { getAddress } from 'ethers'
import { OpenLoraError } from '../errors'

/** A payer's address, checksummed. Throws INVALID_REQUEST when it is none. */
export function payerAddress(payer: string): string {
  try {
    return getAddress(payer)
  } catch {
    const [got, expected] = [String(payer), 'an address: 0x and 40 hexadecimal digits']
    throw new OpenLoraError(
      'INVALID_REQUEST',
      { what: 'payer is not an address', got, expected },
      { field: 'payer', got, expected },
    )
  }
}
