import type { KeySource } from '../domain'
import { openSigner } from './signers'

const NOBODY = `0x${'00'.repeat(20)}`

/**
 * Has a key sign typed data that says nothing and that no contract takes: a remote signer that is down, that has another
 * key, or that knows no EIP-712 is found out before an epoch needs it.
 * @throws KEY_INVALID, SIGNER_FAILED, SIGNER_LIED
 */
export async function askSigner(source: KeySource, chainId: number): Promise<void> {
  const signer = await openSigner(source)
  await signer.signTypedData({
    domain: { name: 'open-datanets check', version: '1', chainId, verifyingContract: NOBODY },
    types: { Check: [{ name: 'says', type: 'string' }] },
    primaryType: 'Check',
    message: { says: 'nothing' },
  })
}
