import {
  decryptKeystoreJson,
  encryptKeystoreJson,
  isKeystoreJson,
  Wallet,
  type KeystoreAccount,
} from 'ethers'
import { invalidKey, privateKeySigner } from './privateKey'

/** An encrypted key: the text of a keystore V3 file. */
export interface Keystore {
  address: string
  json: string
}

/** A new key that nobody has seen. @throws KEY_INVALID for an empty password */
export function createKeystore(password: string): Promise<Keystore> {
  const { address, privateKey } = Wallet.createRandom()
  return encrypted({ address, privateKey }, password)
}

/**
 * @param key a private key, or the text of a keystore that `password` opens
 * @param newPassword for the new keystore; by default `password`
 * @throws KEY_INVALID
 */
export async function importKey(key: string, password: string, newPassword = password): Promise<Keystore> {
  const text = key.trim()
  const plain = text.startsWith('0x') ? text : `0x${text}`
  const privateKey = isKeystoreJson(text) ? await unlocked(text, password) : plain
  const { address } = privateKeySigner(privateKey)
  return encrypted({ address, privateKey }, newPassword)
}

/** The private key in a keystore. @throws KEY_INVALID for a wrong password and for a file that is none */
export async function unlocked(json: string, password: string): Promise<string> {
  if (!isKeystoreJson(json)) throw invalidKey('it is not a keystore V3 file')
  const account = await decryptKeystoreJson(json, password).catch((error: unknown): KeystoreAccount => {
    const wrong = error instanceof Error && error.message.includes('incorrect password')
    if (wrong) throw invalidKey('the password is wrong', 'give the password that the keystore was made with')
    throw invalidKey('the keystore cannot be read')
  })
  return account.privateKey
}

async function encrypted(account: KeystoreAccount, password: string): Promise<Keystore> {
  if (password === '') throw invalidKey('a keystore needs a password')
  return { address: account.address, json: await encryptKeystoreJson(account, password) }
}
