import { Signature, TypedDataEncoder, Wallet, type JsonRpcProvider } from 'ethers'
import type { Attestation, Digest, Post } from '../domain'
import { AttributionOracleError } from '../errors'
import { operatorSetAt, oracleAt, type Addresses } from './contracts'
import { ATTESTATION_TYPES, attestationDomain } from './postCodec'
import { called } from './reverts'

/** Signs posts in the name of one operator. Whoever calls it has computed the post, or verified it. */
export class Attestor {
  private readonly wallet: Wallet

  constructor(
    private readonly provider: JsonRpcProvider,
    key: string,
    private readonly chainId: number,
    private readonly addresses: Addresses,
  ) {
    this.wallet = new Wallet(key, provider)
  }

  /**
   * @throws WRONG_STATE when this key is no operator of the epoch, INVARIANT_BROKEN when the contract would not take
   * what we sign, CALL_REVERTED, RPC_FAILED
   */
  async attest(post: Post): Promise<Attestation> {
    const oracle = oracleAt(this.addresses, this.provider)
    const operators = operatorSetAt(this.addresses, this.provider)
    const [members] = await called(
      'OperatorSet.membersOf',
      operators.interface,
      operators.membersOf(post.epoch),
    )
    if (!members.includes(this.wallet.address)) throw noOperator(post.epoch, this.wallet.address, members)
    const operatorSet = await called(
      'OperatorSet.setDigest',
      operators.interface,
      operators.setDigest(post.epoch),
    )
    const attempt = await called('AttributionOracle.attempt', oracle.interface, oracle.attempt())
    const domain = attestationDomain(this.chainId, this.addresses.attributionOracle)
    const digest = TypedDataEncoder.hash(domain, ATTESTATION_TYPES, { post, operatorSet, attempt }) as Digest
    const expected = await called(
      'AttributionOracle.attestationDigest',
      oracle.interface,
      oracle.attestationDigest(post),
    )
    if (digest !== expected) throw otherDigest(digest, expected)
    const { compactSerialized } = Signature.from(this.wallet.signingKey.sign(digest))
    return {
      chainId: this.chainId,
      oracle: this.addresses.attributionOracle,
      epoch: post.epoch,
      operator: this.wallet.address,
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
