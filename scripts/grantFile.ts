import type { Signer } from 'ethers'
import { z } from 'zod'

import { readJsonFile } from './jsonFile'
import { address, hex, integer, whole } from './schemaFaults'
import type { System } from './system'
import { signTyped, type TypedDocument } from './typedSignature'

const grant = z.strictObject({
  contributor: address,
  grantee: address,
  firstContributionId: integer(64),
  count: whole(1, 2 ** 32 - 1),
  /** Bit set of uses. */
  purposes: whole(1, 2 ** 32 - 1),
  /** Unix seconds. */
  expiry: integer(64),
  nonce: integer(256),
})

const grantFileSchema = z.strictObject({
  format: z.literal('open-datanets/grant', '"open-datanets/grant"'),
  version: z.literal(1, '1'),
  grant,
  signature: hex,
})

export type Grant = z.output<typeof grant>
export type GrantFile = z.output<typeof grantFileSchema>

const TYPES = {
  Grant: [
    { name: 'contributor', type: 'address' },
    { name: 'grantee', type: 'address' },
    { name: 'firstContributionId', type: 'uint64' },
    { name: 'count', type: 'uint32' },
    { name: 'purposes', type: 'uint32' },
    { name: 'expiry', type: 'uint64' },
    { name: 'nonce', type: 'uint256' },
  ],
}

/** A permission signed by its contributor, for anyone to send in. @throws ProtocolError SIGNATURE_INVALID. */
export async function signGrant(
  { permissionBook, record }: System,
  signer: Signer,
  value: Grant,
): Promise<GrantFile> {
  const document: TypedDocument = {
    what: 'the grant',
    domain: {
      name: 'OpenDatanets PermissionBook',
      version: '1',
      chainId: record.chainId,
      verifyingContract: record.contracts.permissionBook.address,
    },
    types: TYPES,
    value,
    digest: await permissionBook.hashGrant(value),
  }
  const signature = await signTyped(signer, document)
  return { format: 'open-datanets/grant', version: 1, grant: value, signature }
}

/** The arguments of `PermissionBook.grant` out of a file. @throws ProtocolError FILE_UNREADABLE, DOCUMENT_INVALID. */
export async function grantArguments(_system: System, path: string): Promise<readonly unknown[]> {
  const { grant, signature } = await readJsonFile(path, grantFileSchema, 'DOCUMENT_INVALID')
  return [Object.values(grant), signature]
}
