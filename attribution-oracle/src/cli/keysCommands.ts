import type { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AttributionOracleError, isFault } from '../errors'
import { keySourceOf } from '../keySource'
import { addressOf, createKeystore, importKey, writeKeystore } from '../keys'
import { wrongArgument } from './arguments'
import { configured, plain, type Answer, type Flags, type Session } from './session'

/** `keys new|import|address`. No key and no password is ever an argument: other processes see those. */
export function addKeysCommands(program: Command): void {
  const group = program.command('keys').description("the operator's key")
  const written = (command: Command): Command =>
    command
      .requiredOption('--out <file>', 'where the keystore goes; nothing is overwritten')
      .requiredOption('--password-file <file>', 'holds the password of the keystore')
  written(plain(group, 'new', 'make a key that nobody has seen, in a keystore', newKey))
  written(plain(group, 'import', 'put a key into a keystore', imported)).requiredOption(
    '--key-file <file>',
    'holds the private key, or a keystore that the same password opens',
  )
  configured(group, 'address', 'the account of the configured key', address)
}

async function newKey({ flags }: Session): Promise<Answer> {
  return keep(flags, await createKeystore(await passwordOf(flags)))
}

async function imported({ flags }: Session): Promise<Answer> {
  const [keyFile, passwordFile] = [String(flags['keyFile']), String(flags['passwordFile'])]
  const [key, password] = [await textOf('key-file', keyFile), await passwordOf(flags)]
  const keystore = await importKey(key, password).catch((error: unknown): never => {
    if (!isFault(error, 'KEY_INVALID')) throw error
    const { reason } = error.data
    const what = `No key can be made of ${keyFile} with the password in ${passwordFile}: ${reason}`
    throw new AttributionOracleError('KEY_INVALID', { what }, { reason })
  })
  return keep(flags, keystore)
}

async function keep(flags: Flags, keystore: { address: string; json: string }): Promise<Answer> {
  const path = resolve(String(flags['out']))
  await writeKeystore(path, keystore.json)
  return { result: { address: keystore.address, keystore: path } }
}

async function address({ configure }: Session): Promise<Answer> {
  const { config } = await configure()
  const source = await keySourceOf(config)
  if (source) return { result: { address: await addressOf(source), kind: source.kind } }
  const fix = 'make a key with "keys new" and set keystore, or set signerUrl'
  throw wrongArgument('keystore', 'no key is configured', 'a keystore, a key or a signer', fix)
}

function passwordOf(flags: Flags): Promise<string> {
  return textOf('password-file', String(flags['passwordFile']))
}

async function textOf(name: string, path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrongArgument(name, `${path} (${error.code})`, 'a file that can be read')
  })
  return text.trim()
}
