import type { Digest, Post, Root } from '../domain'
import type { IAttributionOracle } from '../../../typechain-types/contracts/interfaces/IAttributionOracle'

/** A Post as the contract's ABI gives it to the domain. */
export function decodePost(post: IAttributionOracle.PostStructOutput): Post {
  return {
    epoch: Number(post.epoch),
    specVersion: Number(post.specVersion),
    configDigest: post.configDigest as Digest,
    blockNumber: Number(post.blockNumber),
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
