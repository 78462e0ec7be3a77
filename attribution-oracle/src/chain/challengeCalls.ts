import { ZeroAddress, ZeroHash } from 'ethers'
import { FraudProofs__factory, SettlementProofs__factory } from '../../../typechain-types'
import {
  POSTED_TREES,
  type Challenge,
  type Post,
  type ProvenLedgerLeaf,
  type SettlementChallenge,
} from '../domain'

const PROOFS = FraudProofs__factory.createInterface()
const SETTLEMENTS = SettlementProofs__factory.createInterface()

const NO_ROOT = `0x${'00'.repeat(24)}` as const

/** What the contract ignores: the last final post before there is one, the leaf of an account that was not there. */
const NO_POST: Post = {
  epoch: 0,
  specVersion: 0,
  configDigest: ZeroHash as Post['configDigest'],
  blockNumber: 0,
  blockHash: ZeroHash as Post['blockHash'],
  inputsDigest: ZeroHash as Post['inputsDigest'],
  ledgerRoot: NO_ROOT,
  journalRoot: NO_ROOT,
  manifestRoot: NO_ROOT,
  ledgerCount: 0,
  journalCount: 0,
  manifestCount: 0,
  total: 0n,
  dataDigest: ZeroHash as Post['dataDigest'],
}
const NO_LEAF: ProvenLedgerLeaf = { index: 0, account: ZeroAddress, cumulative: 0n, prefix: 0n, proof: '0x' }

type FraudChallenge = Exclude<Challenge, SettlementChallenge>

/** What proves a lie, and the contract that sees it. */
export interface ChallengeCall {
  contract: 'fraudProofs' | 'settlementProofs'
  data: string
}

/** The call that proves a lie in a post; `signers` is as in its RootPosted. */
export function challengeCall(post: Post, signers: number, challenge: Challenge): ChallengeCall {
  return isOfSettlement(challenge)
    ? { contract: 'settlementProofs', data: settlementCall(post, signers, challenge) }
    : { contract: 'fraudProofs', data: fraudCall(post, signers, challenge) }
}

function isOfSettlement(challenge: Challenge): challenge is SettlementChallenge {
  return /^(pool|weight|entry)/.test(challenge.kind)
}

function fraudCall(post: Post, signers: number, challenge: FraudChallenge): string {
  switch (challenge.kind) {
    case 'account':
      return PROOFS.encodeFunctionData('challengeAccount', [post, signers, challenge.leaf])
    case 'missing': {
      const { tree, position, proof } = challenge
      const index = POSTED_TREES.indexOf(tree)
      return PROOFS.encodeFunctionData('challengeMissing', [post, signers, index, position, proof])
    }
    case 'firstPrefix':
      return PROOFS.encodeFunctionData('challengeFirstPrefix', [post, signers, challenge.first])
    case 'prefix':
      return PROOFS.encodeFunctionData('challengePrefix', [post, signers, challenge.left, challenge.right])
    case 'fallen': {
      const { last, was, now } = challenge
      return PROOFS.encodeFunctionData('challengeFallen', [post, signers, last, was, now])
    }
    case 'total':
      return PROOFS.encodeFunctionData('challengeTotal', [post, signers, challenge.last])
    case 'journalLeaf':
      return PROOFS.encodeFunctionData('challengeJournalLeaf', [post, signers, challenge.leaf])
    case 'journalOrder': {
      const { left, right } = challenge
      return PROOFS.encodeFunctionData('challengeJournalOrder', [post, signers, left, right])
    }
    case 'journalTotal': {
      const { last = NO_POST, lastLeaf } = challenge
      return PROOFS.encodeFunctionData('challengeJournalTotal', [post, signers, last, lastLeaf])
    }
    case 'increase': {
      const { last = NO_POST, was = NO_LEAF, now, boundary } = challenge
      return PROOFS.encodeFunctionData('challengeIncrease', [post, signers, last, was, now, [...boundary]])
    }
  }
}

function settlementCall(post: Post, signers: number, challenge: SettlementChallenge): string {
  switch (challenge.kind) {
    case 'pool':
      return SETTLEMENTS.encodeFunctionData('challengePool', [post, signers, challenge.leaf])
    case 'poolLeaf':
      return SETTLEMENTS.encodeFunctionData('challengePoolLeaf', [post, signers, challenge.leaf])
    case 'poolOrder': {
      const { left, right } = challenge
      return SETTLEMENTS.encodeFunctionData('challengePoolOrder', [post, signers, left, right])
    }
    case 'poolTotal': {
      const { last = NO_POST, lastLeaf } = challenge
      return SETTLEMENTS.encodeFunctionData('challengePoolTotal', [post, signers, last, lastLeaf])
    }
    case 'poolCumulative': {
      const { last = NO_POST, leaf, was } = challenge
      return SETTLEMENTS.encodeFunctionData('challengePoolCumulative', [post, signers, last, leaf, [...was]])
    }
    case 'poolDropped': {
      const { last, was, around } = challenge
      return SETTLEMENTS.encodeFunctionData('challengePoolDropped', [post, signers, last, was, [...around]])
    }
    case 'weight':
      return SETTLEMENTS.encodeFunctionData('challengeWeight', [
        post,
        signers,
        challenge.pool,
        challenge.leaf,
      ])
    case 'weightOrder': {
      const { pool, left, right } = challenge
      return SETTLEMENTS.encodeFunctionData('challengeWeightOrder', [post, signers, pool, left, right])
    }
    case 'weightTotal': {
      const { pool, lastLeaf } = challenge
      return SETTLEMENTS.encodeFunctionData('challengeWeightTotal', [post, signers, pool, lastLeaf])
    }
    case 'weightMissing': {
      const { pool, position, proof } = challenge
      return SETTLEMENTS.encodeFunctionData('challengeWeightMissing', [post, signers, pool, position, proof])
    }
    case 'entry': {
      const { pool, contributorIndex, boundary, entry } = challenge
      return SETTLEMENTS.encodeFunctionData('challengeEntry', [
        post,
        signers,
        pool,
        contributorIndex,
        [...boundary],
        [...entry],
      ])
    }
  }
}
