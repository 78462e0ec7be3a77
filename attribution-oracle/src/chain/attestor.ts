import { Signature, TypedDataEncoder, type JsonRpcProvider } from 'ethers'
import type { Attestation, Digest, OracleSigner, Post } from '../domain'
import { AttributionOracleError } from '../errors'
import { operatorSetAt, oracleAt, type Addresses } from './contracts'
import { ATTESTATION_TYPES, attestationDomain } from './postCodec'
import { called } from './reverts'

/** Signs posts in the name of one operator. Whoever calls it has computed the post, or verified it. */
export class Attestor {
  constructor(
    private readonly provider: JsonRpcProvider,
    private readonly signer: OracleSigner,
    private readonly chainId: number,
    private readonly addresses: Addresses,
  ) {}

  /**
   * @throws WRONG_STATE when this key is no operator of the epoch, INVARIANT_BROKEN when the contract would not take
   * what we sign, SIGNER_FAILED, SIGNER_LIED, CALL_REVERTED, RPC_FAILED
   */
  async attest(post: Post): Promise<Attestation> {
    const oracle = oracleAt(this.addresses, this.provider)
    const operators = operatorSetAt(this.addresses, this.provider)
    const [members] = await called(
      'OperatorSet.membersOf',
      operators.interface,
      operators.membersOf(post.epoch),
    )
    const { address } = this.signer
    if (!members.includes(address)) throw noOperator(post.epoch, address, members)
    const operatorSet = await called(
      'OperatorSet.setDigest',
      operators.interface,
      operators.setDigest(post.epoch),
    )
    const attempt = await called('AttributionOracle.attempt', oracle.interface, oracle.attempt())
    const domain = attestationDomain(this.chainId, this.addresses.attributionOracle)
    const message = { post, operatorSet, attempt }
    const digest = TypedDataEncoder.hash(domain, ATTESTATION_TYPES, message) as Digest
    const expected = await called(
      'AttributionOracle.attestationDigest',
      oracle.interface,
      oracle.attestationDigest(post),
    )
    if (digest !== expected) throw otherDigest(digest, expected)
    const data = { domain, types: ATTESTATION_TYPES, primaryType: 'Attestation', message }
    const { compactSerialized } = Signature.from(await this.signer.signTypedData(data))
    return {
      chainId: this.chainId,
      oracle: this.addresses.attributionOracle,
      epoch: post.epoch,
      operator: address,
      digest,
      signature: compactSerialized as `0x${string}`,
    }
  }
}

function noOperator(epoch: number, got: string, members: readonly string[]): AttributionOracleError {
  const expected = members.length === 0 ? 'an operator set' : `one of ${members.join(', ')}`
  return new AttributionOracleError(
    'WRONG_STATE',
    { what: `The key is no operator of epoch ${epoch}`, got, expected },
    { epoch, got, expected },
  )
}

function otherDigest(got: string, expected: string): AttributionOracleError {
  const invariant = 'attestation digest'
  return new AttributionOracleError(
    'INVARIANT_BROKEN',
    { what: 'The contract would check another digest than the one that we sign', got, expected },
    { invariant, got, expected },
  )
}
