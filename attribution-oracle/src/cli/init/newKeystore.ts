import { makeFolder } from '@open-datanets/content-store'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf, createKeystore, readKeystore, writeKeystore, writeNewFile } from '../../keys'
import { wrongArgument } from '../arguments'
import type { ChosenKey } from './operatorKey'

const OWNER_FOLDER = 0o700

/**
 * A key that nobody has seen, in a keystore with a password of 192 random bits in a file beside it. What an `init` that
 * was cut short left there is taken up, so that no key is made twice.
 * @param from how the configuration file names a path
 * @throws INVALID_ARGUMENT when there is a keystore without its password, KEY_INVALID, KEY_UNSAFE
 */
export async function newKeystore(folder: string, from: (path: string) => string): Promise<ChosenKey> {
  await makeFolder(folder, OWNER_FOLDER).catch((error: NodeJS.ErrnoException) => {
    throw wrongArgument('data', `${folder} (${error.code})`, 'a path that can be written')
  })
  const [keystore, passwordFile] = [join(folder, 'operator.json'), join(folder, 'password')]
  const found = existsSync(keystore)
  if (found && !existsSync(passwordFile)) throw locked(keystore, passwordFile)
  const password = await passwordIn(passwordFile)
  const address = found
    ? await addressOf({ kind: 'keystore', json: await readKeystore(keystore), password })
    : await made(keystore, password)
  return {
    settings: { keystore: from(keystore), keystorePassword: { file: from(passwordFile) } },
    says: `${address}, ${found ? 'found' : 'new'}, in ${from(folder)}: keep a copy, and have it bonded as an operator`,
  }
}

async function made(keystore: string, password: string): Promise<string> {
  const { address, json } = await createKeystore(password)
  await writeKeystore(keystore, json)
  return address
}

/** It is written before the keystore: one without a password would be a lost key. */
async function passwordIn(file: string): Promise<string> {
  if (!existsSync(file)) await writeNewFile(file, `${randomBytes(24).toString('base64url')}\n`)
  return (await readFile(file, 'utf8')).trim()
}

function locked(keystore: string, passwordFile: string) {
  const fix = `put its password into ${passwordFile}, or say --data with another folder`
  return wrongArgument(
    'data',
    `${keystore} without its password`,
    'a keystore with its password, or none',
    fix,
  )
}
