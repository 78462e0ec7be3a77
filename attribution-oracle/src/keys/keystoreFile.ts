import { open } from 'node:fs/promises'
import { AttributionOracleError } from '../errors'
import { writeNewFile } from './newFile'
import { invalidKey } from './privateKey'

const OTHERS = 0o077
const OWNER_ONLY = 0o600

/**
 * The text of a keystore.
 * @throws KEY_UNSAFE when the group or others may use the file, KEY_INVALID when it cannot be read
 */
export async function readKeystore(path: string): Promise<string> {
  const file = await open(path, 'r').catch(unreadable(path))
  try {
    // of the file that is read, not of what stands at the path later
    const { mode } = await file.stat()
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) throw unsafe(path, mode)
    return await file.readFile('utf8').catch(unreadable(path))
  } finally {
    await file.close()
  }
}

/** Writes a keystore that only its owner can read. @throws INVALID_ARGUMENT when something is there already */
export async function writeKeystore(path: string, json: string): Promise<void> {
  await writeNewFile(path, `${json}\n`).catch((error: NodeJS.ErrnoException) => {
    const got = error.code === 'EEXIST' ? 'a file that would be overwritten' : (error.code ?? 'a failure')
    const expected = 'a path in an existing folder, with nothing there'
    throw new AttributionOracleError(
      'INVALID_ARGUMENT',
      { what: `No keystore can be written to ${path}`, got, expected, fix: 'choose another path' },
      { argument: 'path', got, expected },
    )
  })
}

function unreadable(path: string) {
  return (error: NodeJS.ErrnoException): never => {
    throw invalidKey(`${path} cannot be read (${error.code ?? 'unknown'})`)
  }
}

function unsafe(path: string, mode: number): AttributionOracleError {
  const [got, expected] = [(mode & 0o777).toString(8), OWNER_ONLY.toString(8)]
  return new AttributionOracleError(
    'KEY_UNSAFE',
    { what: `Others can use the key file ${path}`, got, expected, fix: `chmod 600 ${path}` },
    { path, got, expected },
  )
}
