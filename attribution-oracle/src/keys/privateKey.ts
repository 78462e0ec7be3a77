import { getAddress, Wallet } from 'ethers'
import type { OracleSigner } from '../domain'
import { AttributionOracleError } from '../errors'
import { checkedSigner } from './checkedSigner'

/** Signs with a key in this process's memory. @throws KEY_INVALID */
export function privateKeySigner(key: string): OracleSigner {
  const wallet = walletOf(key)
  return checkedSigner({
    address: wallet.address,
    signTransaction: transaction => wallet.signTransaction({ ...transaction, type: 2 }),
    signTypedData: ({ domain, types, message }) => wallet.signTypedData(domain, types, message),
  })
}

/** @throws KEY_INVALID */
export function checkedAddress(address: string): string {
  try {
    return getAddress(address)
  } catch {
    throw invalidKey(`${address} is no address, or its checksum is wrong`)
  }
}

export function invalidKey(reason: string, fix?: string): AttributionOracleError {
  const what = `The key cannot be used: ${reason}`
  return new AttributionOracleError('KEY_INVALID', { what, ...(fix && { fix }) }, { reason })
}

function walletOf(key: string): Wallet {
  try {
    return new Wallet(key)
  } catch {
    // without the cause: it could quote the key
    throw invalidKey('it is not 0x and 64 hexadecimal digits within the order of secp256k1')
  }
}
