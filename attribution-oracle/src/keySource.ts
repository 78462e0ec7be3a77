import type { Config } from './config'
import type { KeySource } from './domain'
import { readKeystore } from './keys'

/**
 * Where the operator's key is, by the configuration; undefined for a dry run.
 * @throws KEY_UNSAFE when others can read the keystore, KEY_INVALID when it cannot be read
 */
export async function keySourceOf(config: Config): Promise<KeySource | undefined> {
  const { operatorKey, keystore, keystorePassword, signerUrl, signerAddress } = config
  if (operatorKey !== undefined) return { kind: 'private', key: operatorKey }
  if (keystore !== undefined && keystorePassword !== undefined)
    return { kind: 'keystore', json: await readKeystore(keystore), password: keystorePassword }
  if (signerUrl !== undefined && signerAddress !== undefined)
    return { kind: 'remote', url: signerUrl, address: signerAddress }
  return undefined
}
