import { concat, Signature, type Signer } from 'ethers'
import { z } from 'zod'

import { ProtocolError } from './errors'
import { readJsonFile } from './jsonFile'
import { address, amount, bytes24, bytes32, hex, integer, whole } from './schemaFaults'
import type { System } from './system'
import { checkSigner, signTyped, type TypedDocument } from './typedSignature'

const count = whole(0, 2 ** 32 - 1)

const post = z.strictObject({
  epoch: whole(1, 2 ** 32 - 1),
  specVersion: count,
  configDigest: bytes32,
  blockNumber: integer(64),
  blockHash: bytes32,
  inputsDigest: bytes32,
  ledgerRoot: bytes24,
  journalRoot: bytes24,
  manifestRoot: bytes24,
  ledgerCount: count,
  journalCount: count,
  manifestCount: count,
  total: amount,
  dataDigest: bytes32,
})

/** What an operator posts, in the order of the contract's struct. */
export type Post = z.output<typeof post>

const postFileSchema = z.strictObject({
  format: z.literal('open-datanets/post', '"open-datanets/post"'),
  version: z.literal(1, '1'),
  post,
})

const attestationSchema = z.strictObject({
  format: z.literal('open-datanets/attestation', '"open-datanets/attestation"'),
  version: z.literal(1, '1'),
  post,
  operator: address,
  signature: hex,
})

/** One operator's word for a post. */
export type Attestation = z.output<typeof attestationSchema>

const TYPES = {
  Attestation: [
    { name: 'post', type: 'Post' },
    { name: 'operatorSet', type: 'bytes32' },
    { name: 'attempt', type: 'uint32' },
  ],
  Post: [
    { name: 'epoch', type: 'uint32' },
    { name: 'specVersion', type: 'uint32' },
    { name: 'configDigest', type: 'bytes32' },
    { name: 'blockNumber', type: 'uint64' },
    { name: 'blockHash', type: 'bytes32' },
    { name: 'inputsDigest', type: 'bytes32' },
    { name: 'ledgerRoot', type: 'bytes24' },
    { name: 'journalRoot', type: 'bytes24' },
    { name: 'manifestRoot', type: 'bytes24' },
    { name: 'ledgerCount', type: 'uint32' },
    { name: 'journalCount', type: 'uint32' },
    { name: 'manifestCount', type: 'uint32' },
    { name: 'total', type: 'uint128' },
    { name: 'dataDigest', type: 'bytes32' },
  ],
}

/** @throws ProtocolError FILE_UNREADABLE, DOCUMENT_INVALID. */
export async function readPostFile(path: string): Promise<Post> {
  return (await readJsonFile(path, postFileSchema, 'DOCUMENT_INVALID')).post
}

export function postFile(post: Post): z.input<typeof postFileSchema> {
  const text = { ...post, blockNumber: post.blockNumber.toString(), total: post.total.toString() }
  return { format: 'open-datanets/post', version: 1, post: text }
}

/**
 * An operator's signature under a post: good for this post, this oracle and the operator set of its
 * epoch, until a pending post is dropped.
 * @throws ProtocolError SIGNATURE_INVALID.
 */
export async function attest(system: System, signer: Signer, post: Post): Promise<Attestation> {
  const document = await documentOf(system, post)
  const operator = await signer.getAddress()
  const signature = await signTyped(signer, document)
  return { format: 'open-datanets/attestation', version: 1, post, operator, signature }
}

/** What `AttributionOracle.post` takes besides the post. */
export interface Quorum {
  /** Bit i is operator i of the epoch's set. */
  readonly signers: number
  /** 64 bytes each (EIP-2098), ascending by bit; none for the sender. */
  readonly signatures: string
}

/**
 * Puts the attestations of a post together: exactly as many as the set asks for, the sender among them when it is one.
 * @throws ProtocolError FILE_UNREADABLE, DOCUMENT_INVALID; SIGNATURE_INVALID for a signature under another post or by
 *   nobody of the set; SIGNATURES_MISSING.
 */
export async function quorumOf(
  system: System,
  post: Post,
  sender: string,
  paths: readonly string[],
): Promise<Quorum> {
  const [members, faults] = await system.operatorSet.membersOf(post.epoch)
  const needed = Number(faults) + 1
  const document = await documentOf(system, post)
  const signatures = new Map<number, string>()
  for (const path of paths) {
    const attestation = await readJsonFile(path, attestationSchema, 'DOCUMENT_INVALID')
    const { operator, signature } = attestation
    checkSigner(document, signature, operator)
    const bit = members.indexOf(operator)
    if (bit === -1) {
      const expected = `an operator of the set of epoch ${post.epoch}: ${members.join(', ')}`
      throw new ProtocolError('SIGNATURE_INVALID', { what: path, got: operator, expected })
    }
    signatures.set(bit, Signature.from(signature).compactSerialized)
  }
  const own = members.indexOf(sender)
  signatures.delete(own)
  const others = [...signatures.keys()].sort((a, b) => a - b).slice(0, own === -1 ? needed : needed - 1)
  const bits = own === -1 ? others : [...others, own]
  if (bits.length < needed) {
    const expected = `${needed} of ${members.length} operators, the sender counted if it is one`
    throw new ProtocolError('SIGNATURES_MISSING', { epoch: post.epoch, got: `${bits.length}`, expected })
  }
  return {
    signers: bits.reduce((mask, bit) => (mask | (1 << bit)) >>> 0, 0),
    signatures: concat(others.map(bit => signatures.get(bit) as string)),
  }
}

/** The post that is pending now, and who signed it. @throws ProtocolError POST_MISSING. */
export async function pendingPost(system: System): Promise<{ post: Post; signers: number }> {
  const { attributionOracle } = system
  const [{ pendingHash }, last] = await Promise.all([
    attributionOracle.pending(),
    attributionOracle.finalEpoch(),
  ])
  const epoch = Number(last) + 1
  if (BigInt(pendingHash) === 0n) {
    throw new ProtocolError('POST_MISSING', {
      what: 'pending post',
      got: `nothing posted for epoch ${epoch}`,
      expected: 'a posted root',
    })
  }
  return lastPost(system, epoch)
}

/** The post that is final now; before the first epoch an empty one, which is what the oracle takes then. */
export async function lastFinalPost(system: System): Promise<Post> {
  const epoch = Number(await system.attributionOracle.finalEpoch())
  if (epoch > 0) return (await lastPost(system, epoch)).post
  const empty = TYPES.Post.map(({ name, type }) => {
    const size = /^bytes(\d+)$/.exec(type)?.[1]
    return [name, size === undefined ? 0 : `0x${'00'.repeat(Number(size))}`]
  })
  return Object.fromEntries(empty) as Post
}

async function lastPost({ attributionOracle, record }: System, epoch: number) {
  const logs = await attributionOracle.queryFilter(
    attributionOracle.filters.RootPosted(epoch),
    record.blockNumber,
  )
  const event = logs.at(-1)?.args
  if (event === undefined) {
    throw new ProtocolError('POST_MISSING', {
      what: `post of epoch ${epoch}`,
      got: 'no event of it',
      expected: 'RootPosted',
    })
  }
  const { post: posted, signers } = event
  const text = Object.fromEntries(TYPES.Post.map(({ name }) => [name, posted[name as keyof typeof posted]]))
  const numbers = ['epoch', 'specVersion', 'ledgerCount', 'journalCount', 'manifestCount']
  for (const name of numbers) text[name] = Number(text[name]) as never
  return { post: text as unknown as Post, signers: Number(signers) }
}

async function documentOf(
  { attributionOracle, operatorSet, record }: System,
  value: Post,
): Promise<TypedDocument> {
  return {
    what: `the post of epoch ${value.epoch}`,
    domain: {
      name: 'OpenDatanets AttributionOracle',
      version: '1',
      chainId: record.chainId,
      verifyingContract: record.contracts.attributionOracle.address,
    },
    types: TYPES,
    value: {
      post: value,
      operatorSet: await operatorSet.setDigest(value.epoch),
      attempt: await attributionOracle.attempt(),
    },
    digest: await attributionOracle.attestationDigest(value),
  }
}
