import { isHexString, ZeroHash } from 'ethers'

import type { DatanetRegistry } from '../typechain-types'
import { ProtocolError } from './errors'
import { checkEvent, eventOf, mined } from './minedTransaction'
import { signerOf } from './signerOf'

/** Who may contribute, in the order of the contract's enum. */
export const POLICIES = ['open', 'allow-list', 'curated'] as const

export type Policy = (typeof POLICIES)[number]

export interface CreateDatanetOptions {
  readonly name: string
  readonly policy?: Policy
  /** Digest of a document that describes the datanet (licence, schema); none by default. */
  readonly metadataDigest?: string
}

export interface CreatedDatanet {
  readonly datanetId: number
  readonly owner: string
  readonly gasUsed: bigint
  readonly transactionHash: string
}

const MAX_NAME_BYTES = 64

/**
 * Creates a datanet that the signer owns.
 * @param registry connected to the owner's signer.
 * @throws ProtocolError ARGUMENT_INVALID, TRANSACTION_REVERTED, EVENT_MISMATCH.
 */
export async function createDatanet(
  registry: DatanetRegistry,
  options: CreateDatanetOptions,
): Promise<CreatedDatanet> {
  const { account } = await signerOf(registry)
  const [name, metadataDigest, policy] = createArguments(options)
  const receipt = await mined(
    `createDatanet of "${name}"`,
    registry.createDatanet(name, metadataDigest, policy),
    registry,
  )
  const event = await eventOf(receipt, registry, 'DatanetCreated')
  checkEvent(event, { owner: account, name, metadataDigest, policy })
  return {
    datanetId: Number(event.args.getValue('datanetId')),
    owner: account,
    gasUsed: receipt.gasUsed,
    transactionHash: receipt.hash,
  }
}

/** What the contract's `createDatanet` takes. @throws ProtocolError ARGUMENT_INVALID. */
export function createArguments({
  name,
  policy = 'open',
  metadataDigest = ZeroHash,
}: CreateDatanetOptions): [name: string, metadataDigest: string, policy: number] {
  const bytes = Buffer.byteLength(name)
  if (bytes < 1 || bytes > MAX_NAME_BYTES)
    invalid('name', `"${name}"`, `1 to ${MAX_NAME_BYTES} bytes of UTF-8`)
  if (!POLICIES.includes(policy)) invalid('policy', `"${policy}"`, `one of: ${POLICIES.join(', ')}`)
  if (!isHexString(metadataDigest, 32)) invalid('metadataDigest', `"${metadataDigest}"`, '32 bytes of hex')
  return [name, metadataDigest, POLICIES.indexOf(policy)]
}

function invalid(name: string, got: string, expected: string): never {
  throw new ProtocolError('ARGUMENT_INVALID', { name, got, expected })
}
