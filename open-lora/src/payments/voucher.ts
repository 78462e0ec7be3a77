import { Signature, TypedDataEncoder, verifyTypedData, type Signer, type TypedDataDomain } from 'ethers'
import { OpenLoraError } from '../errors'
import type { PaymentsDomain } from '../paymentsDomain'
import { payerAddress } from './payerAddress'

/** The payer's promise: this model has earned `cumulative` wei from me, ever. */
export interface Voucher {
  payer: string
  modelId: number
  cumulative: bigint
}

export interface SignedVoucher {
  voucher: Voucher
  signature: string
}

const VOUCHER_TYPES = {
  Voucher: [
    { name: 'payer', type: 'address' },
    { name: 'modelId', type: 'uint32' },
    { name: 'cumulative', type: 'uint128' },
  ],
}

/** What a payer's wallet does: signs a voucher as EIP-712 typed data. */
export async function signVoucher(
  payer: Signer,
  domain: PaymentsDomain,
  voucher: Voucher,
): Promise<SignedVoucher> {
  return { voucher, signature: await payer.signTypedData(typedDataDomain(domain), VOUCHER_TYPES, voucher) }
}

/** The EIP-712 digest, as InferencePayments.voucherDigest gives it. */
export function voucherDigest(domain: PaymentsDomain, voucher: Voucher): string {
  return TypedDataEncoder.hash(typedDataDomain(domain), VOUCHER_TYPES, voucher)
}

/**
 * Throws WRONG_SIGNER unless the voucher's payer signed exactly this voucher for this chain and contract, and
 * INVALID_REQUEST when the payer is not an address. Returns the voucher with the address checksummed and the signature
 * in the one form that the contract takes: 65 bytes, v 27 or 28.
 */
export function verifyVoucher(domain: PaymentsDomain, { voucher, signature }: SignedVoucher): SignedVoucher {
  const payer = payerAddress(voucher.payer)
  const normal = normalSignature(signature)
  const signer = normal === undefined ? 'no valid signature' : recover(domain, voucher, normal)
  if (normal !== undefined && signer === payer) return { voucher: { ...voucher, payer }, signature: normal }
  throw new OpenLoraError(
    'WRONG_SIGNER',
    {
      what: `the voucher for model ${voucher.modelId} is not signed by its payer`,
      got: signer,
      expected: payer,
      fix: `sign for chain ${domain.chainId} and contract ${domain.payments} with the payer's key`,
    },
    { got: signer, expected: payer },
  )
}

function normalSignature(signature: string): string | undefined {
  try {
    return Signature.from(signature).serialized
  } catch {
    return undefined
  }
}

/** A signature that no key can have made recovers to nobody. */
function recover(domain: PaymentsDomain, voucher: Voucher, signature: string): string {
  try {
    return verifyTypedData(typedDataDomain(domain), VOUCHER_TYPES, voucher, signature)
  } catch {
    return 'nobody'
  }
}

function typedDataDomain({ chainId, payments }: PaymentsDomain): TypedDataDomain {
  return { name: 'OpenDatanets InferencePayments', version: '1', chainId, verifyingContract: payments }
}
