import { makeFolder } from '@open-datanets/content-store'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createKeystore, writeKeystore } from '../../keys'
import { wrongArgument } from '../arguments'
import type { ChosenKey } from './operatorKey'

const OWNER_ONLY = 0o600
const OWNER_FOLDER = 0o700

/**
 * A key that nobody has seen, in a keystore with a password of 192 random bits in a file beside it.
 * @param from how the configuration file names a path
 * @throws INVALID_ARGUMENT when there is a keystore already
 */
export async function newKeystore(folder: string, from: (path: string) => string): Promise<ChosenKey> {
  await makeFolder(folder, OWNER_FOLDER).catch((error: NodeJS.ErrnoException) => {
    throw wrongArgument('data', `${folder} (${error.code})`, 'a path that can be written')
  })
  const password = randomBytes(24).toString('base64url')
  const { address, json } = await createKeystore(password)
  const [keystore, passwordFile] = [join(folder, 'operator.json'), join(folder, 'password')]
  await writeKeystore(keystore, json)
  await writeFile(passwordFile, `${password}\n`, { flag: 'wx', mode: OWNER_ONLY })
  return {
    settings: { keystore: from(keystore), keystorePassword: { file: from(passwordFile) } },
    says: `${address}, new, in ${from(folder)}: keep a copy, and have it bonded as an operator`,
  }
}
