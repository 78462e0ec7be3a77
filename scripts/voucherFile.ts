import type { Signer } from 'ethers'
import { z } from 'zod'

import { ProtocolError } from './errors'
import { readJsonFile } from './jsonFile'
import { address, amount, hex, whole } from './schemaFaults'
import type { System } from './system'
import { signTyped, type TypedDocument } from './typedSignature'

const voucher = z.strictObject({
  payer: address,
  modelId: whole(1, 2 ** 32 - 1),
  /** All that the payer owes the model over all time, in wei. */
  cumulative: amount,
})

const voucherFileSchema = z.strictObject({
  format: z.literal('open-datanets/voucher', '"open-datanets/voucher"'),
  version: z.literal(1, '1'),
  voucher,
  signature: hex,
})

export type Voucher = z.output<typeof voucher>
export type VoucherFile = z.output<typeof voucherFileSchema>

const TYPES = {
  Voucher: [
    { name: 'payer', type: 'address' },
    { name: 'modelId', type: 'uint32' },
    { name: 'cumulative', type: 'uint128' },
  ],
}

/** A voucher signed by its payer. @throws ProtocolError SIGNATURE_INVALID. */
export async function signVoucher(system: System, signer: Signer, value: Voucher): Promise<VoucherFile> {
  const { inferencePayments } = system
  const { name, version, chainId, verifyingContract } = await inferencePayments.eip712Domain()
  const document: TypedDocument = {
    what: 'the voucher',
    domain: { name, version, chainId, verifyingContract },
    types: TYPES,
    value,
    digest: await inferencePayments.voucherDigest(value),
  }
  return {
    format: 'open-datanets/voucher',
    version: 1,
    voucher: value,
    signature: await signTyped(signer, document),
  }
}

/**
 * The arguments of `redeem` or `redeemBatch` out of voucher files.
 * @throws ProtocolError FILE_UNREADABLE, DOCUMENT_INVALID, ARGUMENT_INVALID.
 */
export async function redeemArguments(
  _system: System,
  paths: readonly string[],
  receiptsDigests: readonly string[],
  kind: 'single' | 'batch',
): Promise<readonly unknown[]> {
  if (paths.length !== receiptsDigests.length) {
    const got = `${receiptsDigests.length} digests for ${paths.length} vouchers`
    throw new ProtocolError('ARGUMENT_INVALID', {
      name: 'receiptsDigests',
      got,
      expected: 'one for each voucher',
    })
  }
  const files = await Promise.all(
    paths.map(path => readJsonFile(path, voucherFileSchema, 'DOCUMENT_INVALID')),
  )
  const vouchers = files.map(({ voucher }) => Object.values(voucher))
  const signatures = files.map(({ signature }) => signature)
  return kind === 'batch'
    ? [vouchers, signatures, receiptsDigests]
    : [vouchers[0], signatures[0], receiptsDigests[0]]
}
