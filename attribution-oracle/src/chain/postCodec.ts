import { AbiCoder, dataSlice, keccak256, TypedDataEncoder } from 'ethers'
import type { Digest, Post, Root, TypedData } from '../domain'
import type { IAttributionOracle } from '../../../typechain-types/contracts/interfaces/IAttributionOracle'
import { INTERFACES } from './contracts'

/** A Post as the contract's ABI gives it to the domain. */
export function decodePost(post: IAttributionOracle.PostStructOutput): Post {
  return {
    epoch: Number(post.epoch),
    specVersion: Number(post.specVersion),
    configDigest: post.configDigest as Digest,
    blockNumber: numberOrBigint(post.blockNumber),
    blockHash: post.blockHash as Digest,
    inputsDigest: post.inputsDigest as Digest,
    ledgerRoot: post.ledgerRoot as Root,
    journalRoot: post.journalRoot as Root,
    manifestRoot: post.manifestRoot as Root,
    ledgerCount: Number(post.ledgerCount),
    journalCount: Number(post.journalCount),
    manifestCount: Number(post.manifestCount),
    total: post.total,
    dataDigest: post.dataDigest as Digest,
  }
}

// The fields are the ABI's own, so that a struct that changes cannot be signed in its old form.
const Post = INTERFACES.attributionOracle
  .getFunction('hashPost')
  .inputs[0]!.components!.map(({ name, type }) => ({ name, type }))
const Attestation = [
  { name: 'post', type: 'Post' },
  { name: 'operatorSet', type: 'bytes32' },
  { name: 'attempt', type: 'uint32' },
]

/** What operators sign (EIP-712). */
export const ATTESTATION_TYPES = { Attestation, Post }

export function attestationDomain(chainId: number, oracle: string): TypedData['domain'] {
  return { name: 'OpenDatanets AttributionOracle', version: '1', chainId, verifyingContract: oracle }
}

/** AttributionOracle.hashPost: the EIP-712 hash of the struct. */
export function hashPost(post: Post): string {
  return TypedDataEncoder.hashStruct('Post', { Post }, post)
}

/** How the oracle stores a final post. */
export function finalHash(post: Post): string {
  return dataSlice(hashPost(post), 0, 24)
}

/** How the oracle stores a pending post: together with who signed it. */
export function pendingHash(post: Post, signers: number): string {
  const encoded = AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint32'], [hashPost(post), signers])
  return dataSlice(keccak256(encoded), 0, 24)
}

function numberOrBigint(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}
