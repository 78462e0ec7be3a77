import { concat, recoverAddress, Signature } from 'ethers'
import type { Attestation, Operators } from '../domain'
import { AttributionOracleError } from '../errors'

/** What AttributionOracle.post takes: a bit per operator, and the signatures of all of them but the sender's. */
export interface Signed {
  signers: number
  signatures: string
}

/**
 * Assembles exactly as many words as the contract counts: the sender's own, which needs no signature, and those of the
 * first others by their place in the set.
 * @throws INVALID_ARGUMENT for an attestation of another post or signer, WRONG_STATE when there are too few
 */
export function assembleQuorum(
  { members, faults }: Operators,
  sender: string,
  digest: string,
  attestations: readonly Attestation[],
): Signed {
  const words = new Map<number, string>()
  const own = members.indexOf(sender)
  if (own >= 0) words.set(own, '0x')
  const others = attestations
    .map(attestation => ({ ...attestation, place: placeOf(members, digest, attestation) }))
    .sort((a, b) => a.place - b.place)
  for (const { place, signature } of others) {
    if (words.size <= faults && !words.has(place)) words.set(place, signature)
  }
  if (words.size <= faults) throw tooFew(words.size, faults + 1, attestations[0]?.epoch ?? 0)
  const places = [...words.keys()].sort((a, b) => a - b)
  return {
    signers: places.reduce((mask, place) => (mask | (1 << place)) >>> 0, 0),
    signatures: concat(places.map(place => words.get(place)!)),
  }
}

/** The operators behind a mask. */
export function signersOf(members: readonly string[], mask: number): string[] {
  return members.filter((_, place) => ((mask >>> place) & 1) === 1)
}

function placeOf(members: readonly string[], digest: string, attestation: Attestation): number {
  const { operator, signature } = attestation
  if (attestation.digest !== digest) throw wrong(operator, `digest ${attestation.digest}`, `digest ${digest}`)
  const signer = recoverAddress(digest, Signature.from(signature))
  if (signer !== operator) throw wrong(operator, `a signature of ${signer}`, `one of ${operator}`)
  const place = members.indexOf(operator)
  if (place < 0) throw wrong(operator, 'no operator of the epoch', members.join(', '))
  return place
}

function wrong(operator: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `The attestation of ${operator} does not count`, got, expected },
    { argument: 'signatures', got, expected },
  )
}

function tooFew(got: number, expected: number, epoch: number): AttributionOracleError {
  return new AttributionOracleError(
    'WRONG_STATE',
    {
      what: 'Too few operators have signed this post',
      got: String(got),
      expected: String(expected),
      fix: 'collect attestations with "epoch sign" and give them to "epoch post --signatures"',
    },
    { epoch, got: String(got), expected: String(expected) },
  )
}
