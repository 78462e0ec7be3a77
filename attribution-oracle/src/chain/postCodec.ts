import { dataSlice, keccak256 } from 'ethers'
import type { Digest, Post, Root } from '../domain'
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

/** AttributionOracle.hashPost: the contract knows a post by this. A Post is all static fields, so calldata is its encoding. */
export function hashPost(post: Post): string {
  return keccak256(dataSlice(INTERFACES.attributionOracle.encodeFunctionData('hashPost', [post]), 4))
}

function numberOrBigint(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}
