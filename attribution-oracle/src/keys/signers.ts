import type { KeySource, OracleSigner } from '../domain'
import { checkedSigner } from './checkedSigner'
import { unlocked } from './keystore'
import { privateKeySigner } from './privateKey'
import { remoteSigner } from './remoteSigner'

/** @throws KEY_INVALID; a remote signer is not asked before it has to sign */
export async function openSigner(source: KeySource): Promise<OracleSigner> {
  switch (source.kind) {
    case 'private':
      return privateKeySigner(source.key)
    case 'keystore':
      return privateKeySigner(await unlocked(source.json, source.password))
    case 'remote':
      return checkedSigner(remoteSigner(source))
  }
}

/** The account of a key, wherever it is. @throws KEY_INVALID */
export async function addressOf(source: KeySource): Promise<string> {
  return (await openSigner(source)).address
}
