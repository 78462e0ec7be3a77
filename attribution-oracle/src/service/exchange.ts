import { isSigned } from '../chain'
import { writeWhole } from '../content'
import {
  ATTESTATION_FORMAT,
  canonicalBytes,
  canonicalJson,
  type Attestation,
  type AttestationList,
  type Operators,
  type Post,
} from '../domain'
import { attestationFile, compareProposals, type Difference } from '../pipeline'
import { codeOf, isBroken, isStop, messageOf } from './faults'
import { askPeer, peerName } from './peers'
import type { Round } from './round'

/** Longer values are cut in an event: a table's row may be a whole sentence. */
const MOST_TEXT = 200

/** What operators exchange about one post of ours. */
export interface Proposal {
  post: Post
  /** what has to be signed for it now */
  digest: string
  operators: Operators
}

/**
 * Signs what our own computation gave and writes it where the API serves it, once for every digest: after a rejection
 * the same post needs another signature.
 */
export async function giveWord(
  { deps, memory }: Round,
  { post, digest, operators }: Proposal,
): Promise<void> {
  const { attestor, poster, publishFolder } = deps
  if (!attestor || memory.signed.get(post.epoch) === digest) return
  if (poster && !operators.members.includes(poster.address)) return
  const attestation = await attestor.attest(post)
  const document = { format: ATTESTATION_FORMAT, version: 1 as const, ...attestation }
  const file = attestationFile(publishFolder, post.epoch, attestation.operator)
  await writeWhole(file, canonicalBytes(document))
  memory.signed.set(post.epoch, attestation.digest)
}

/** Asks every peer at once, tells how each of them stands, and returns the words that count for our post. */
export async function collectWords(round: Round, proposal: Proposal): Promise<Attestation[]> {
  const answers = await Promise.all(
    round.options.peers.map(async url => {
      const peer = peerName(url)
      try {
        return await wordsOf(
          round,
          proposal,
          peer,
          await askPeer(url, proposal.post.epoch, round.options.signal),
        )
      } catch (error) {
        if (isStop(error, round.options.signal) || isBroken(error)) throw error
        tell(round, proposal, peer, 'unreachable', `${codeOf(error)}: ${messageOf(error)}`)
        return []
      }
    }),
  )
  const byOperator = new Map(answers.flat().map(word => [word.operator, word]))
  return [...byOperator.values()]
}

async function wordsOf(
  round: Round,
  proposal: Proposal,
  peer: string,
  list: AttestationList | undefined,
): Promise<Attestation[]> {
  const { post, digest, operators } = proposal
  if (!list?.post || list.attestations.length === 0) {
    // who computes longer than we do is waited for as long as operators take turns
    const late = round.memory.turns.mine(`words ${digest}`, operators.members.length - 1)
    tell(round, proposal, peer, 'behind', 'it has signed nothing for this epoch yet', !late)
    return []
  }
  if (canonicalJson(list.post) !== canonicalJson(post)) {
    tell(round, proposal, peer, 'differs', await firstDifference(round, post, list.post))
    return []
  }
  const current = list.attestations.filter(word => word.epoch === post.epoch && word.digest === digest)
  const words = current.filter(word => operators.members.includes(word.operator) && isSigned(word))
  if (words.length > 0) tell(round, proposal, peer, 'agrees')
  else if (current.length > 0)
    tell(round, proposal, peer, 'differs', 'its signature is not one of an operator')
  else tell(round, proposal, peer, ...otherDigest(list, digest))
  return words
}

/** The same post under another digest: signed before a rejection, or not what it says. */
function otherDigest(list: AttestationList, digest: string): ['behind', string] {
  const got = list.attestations[0]!.digest
  return ['behind', `it has signed ${got} of the same post, now it is ${digest}`]
}

/** Compared once for every post that a peer shows: nobody can make us compare for ever. */
async function firstDifference({ deps, memory }: Round, ours: Post, theirs: Post): Promise<string> {
  const key = `${ours.dataDigest} ${canonicalJson(theirs)}`
  const known = memory.peers.get(key)
  if (known !== undefined) return known
  const [first] = await compareProposals(deps.content, ours, theirs)
  const text = first ? textOf(first) : 'another post'
  memory.peers.set(key, text)
  return text
}

export function textOf({ part, position, got, expected }: Difference): string {
  const place = position === undefined ? part : `${part} leaf ${position}`
  return `${place}: got ${got.slice(0, MOST_TEXT)}, ours is ${expected.slice(0, MOST_TEXT)}`
}

function tell(
  { memory }: Round,
  { post: { epoch } }: Proposal,
  peer: string,
  state: 'agrees' | 'differs' | 'behind' | 'unreachable',
  reason?: string,
  early = false,
): void {
  const event = { kind: 'peer' as const, peer, epoch, state, ...(reason !== undefined && { reason }) }
  memory.tell(`peer ${peer}`, early ? { ...event, early } : event)
}
