import { Signature, type Signer } from 'ethers'
import { z } from 'zod'

import { readJsonFile } from './jsonFile'
import { address, amount, bytes32, hex, integer, whole } from './schemaFaults'
import type { System } from './system'
import { signTyped, type TypedDocument } from './typedSignature'

const payment = z.strictObject({
  modelId: whole(1, 2 ** 32 - 1),
  /** SHA-256 of the request that is paid for. */
  requestDigest: bytes32,
  from: address,
  value: amount,
  /** Unix seconds, both exclusive. */
  validAfter: integer(64),
  validBefore: integer(64),
  /** Lets one request be paid more than once. */
  salt: bytes32,
})

const authorizationFileSchema = z.strictObject({
  format: z.literal('open-datanets/payment-authorization', '"open-datanets/payment-authorization"'),
  version: z.literal(1, '1'),
  payment,
  signature: hex,
})

export type Payment = z.output<typeof payment>
export type AuthorizationFile = z.output<typeof authorizationFileSchema>

const TYPES = {
  ReceiveWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
}

/** A payment to a model signed by its payer, for anyone to send in. @throws ProtocolError SIGNATURE_INVALID. */
export async function signPayment(
  system: System,
  signer: Signer,
  payment: Payment,
): Promise<AuthorizationFile> {
  const { token, inferencePayments, record } = system
  const { from, value, validAfter, validBefore, modelId, requestDigest, salt } = payment
  const [, name, version, chainId, verifyingContract] = await token.eip712Domain()
  const document: TypedDocument = {
    what: 'the payment',
    domain: { name, version, chainId, verifyingContract },
    types: TYPES,
    value: {
      from,
      to: record.contracts.inferencePayments.address,
      value,
      validAfter,
      validBefore,
      nonce: await inferencePayments.authorizationNonce(modelId, requestDigest, salt),
    },
  }
  const signature = await signTyped(signer, document)
  return { format: 'open-datanets/payment-authorization', version: 1, payment, signature }
}

/** The arguments of `payWithAuthorization` out of a file. @throws ProtocolError FILE_UNREADABLE, DOCUMENT_INVALID. */
export async function paymentArguments(_system: System, path: string): Promise<readonly unknown[]> {
  const { payment, signature } = await readJsonFile(path, authorizationFileSchema, 'DOCUMENT_INVALID')
  const { modelId, requestDigest, from, value, validAfter, validBefore, salt } = payment
  const { v, r, s } = Signature.from(signature)
  return [modelId, requestDigest, [from, value, validAfter, validBefore, salt, v, r, s]]
}
