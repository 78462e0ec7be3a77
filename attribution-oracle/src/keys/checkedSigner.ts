import { getBytes, hexlify, Transaction, TypedDataEncoder, verifyTypedData } from 'ethers'
import type { OracleSigner, TypedData, UnsignedTransaction } from '../domain'
import { AttributionOracleError } from '../errors'

const EIP_1559 = 2

/** A signer whose answers are read again before they are believed. */
export function checkedSigner(signer: OracleSigner): OracleSigner {
  const { address } = signer
  return {
    address,
    async signTransaction(asked) {
      const raw = await signer.signTransaction(asked)
      expectTransaction(asked, address, raw)
      return raw
    },
    async signTypedData(asked) {
      const signature = await signer.signTypedData(asked)
      expectSignature(asked, address, signature)
      return signature
    },
  }
}

/** @throws SIGNER_LIED with the first field that is not as asked */
function expectTransaction(asked: UnsignedTransaction, address: string, raw: string): void {
  const signed = read('raw transaction', () => Transaction.from(raw))
  expectEqual('type', signed.type, EIP_1559)
  expectEqual('chainId', signed.chainId, asked.chainId)
  expectEqual('nonce', signed.nonce, asked.nonce)
  expectEqual('to', signed.to?.toLowerCase(), asked.to.toLowerCase())
  expectEqual('value', signed.value, asked.value)
  expectEqual('data', signed.data, hexlify(asked.data))
  expectEqual('gasLimit', signed.gasLimit, asked.gasLimit)
  expectEqual('maxFeePerGas', signed.maxFeePerGas, asked.maxFeePerGas)
  expectEqual('maxPriorityFeePerGas', signed.maxPriorityFeePerGas, asked.maxPriorityFeePerGas)
  expectEqual('accessList', signed.accessList?.length, 0)
  expectEqual('signer', read('signature', () => signed.from) ?? 'nobody', address)
}

function expectSignature({ domain, types, message }: TypedData, address: string, signature: string): void {
  const length = read('signature', () => getBytes(signature).length)
  expectEqual('signature', `${length} bytes`, '65 bytes')
  const signer = read('signature', () => verifyTypedData(domain, types, message, signature))
  if (signer === address) return
  // the mistake of signers that know no EIP-712 is worth its name
  const digest = TypedDataEncoder.hash(domain, types, message)
  expectEqual('signer', `${signer}, over ${digest}`, address)
}

function expectEqual(field: string, got: unknown, expected: unknown): void {
  if (got !== expected) throw lied(field, String(got), String(expected))
}

function read<T>(field: string, reading: () => T): T {
  try {
    return reading()
  } catch {
    throw lied(field, 'what cannot be read', 'what was asked for')
  }
}

function lied(field: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'SIGNER_LIED',
    {
      what: `The signer did not sign what it was asked to: ${field}`,
      got,
      expected,
      fix: 'send nothing and look at the signer: its key, its chain id, its support of EIP-1559 and EIP-712',
    },
    { field, got, expected },
  )
}
