import { makeFolder } from '@open-datanets/content-store'
import type { Command } from 'commander'
import { constants, existsSync } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { writeNewFile } from '../keys'
import { wrongArgument } from './arguments'
import { findDeployment, networkOf, type FoundDeployment } from './init/findDeployment'
import { newKeystore } from './init/newKeystore'
import { givenKey, localOperatorKey, type ChosenKey } from './init/operatorKey'
import { plain, type Answer, type Flags, type Session } from './session'

/** `init`: a configuration, the folders, and a key, so that `run` is the next command. */
export function addInitCommand(program: Command): void {
  plain(program, 'init', 'write oracle.json and what it needs; overwrites nothing', init)
    .option('-c, --config <file>', 'where the configuration goes', 'oracle.json')
    .option('--deployment <network>', 'a folder of deployments/, or the path of a system.json')
    .option('--rpc-url <url>', 'endpoint of the chain; for a local chain http://127.0.0.1:8545')
    .option(
      '--data <folder>',
      'where content, store and published epochs go (default: oracle-data beside the configuration)',
    )
    .option('--mode <mode>', 'operator or verifier', 'operator')
}

async function init({ flags, printer }: Session): Promise<Answer> {
  const file = resolve(String(flags['config']))
  if (existsSync(file)) throw exists(file)
  const mode = modeOf(flags)
  const rpc = (flags['rpcUrl'] as string | undefined) ?? process.env['ORACLE_RPC_URL']
  const found = await findDeployment(flags['deployment'] as string | undefined, rpc)
  const data = resolve((flags['data'] as string | undefined) ?? join(dirname(file), 'oracle-data'))
  await expectNoStore(join(data, 'store'))
  // before anything is made, so that nothing is left where the configuration cannot be written
  await access(dirname(file), constants.W_OK).catch(unusable('config', file))
  const from = (target: string): string => relative(dirname(file), target) || '.'
  const key = await keyOf(found, mode, join(data, 'keys'), from)
  const settings = settingsOf(found, { mode, data, key, from })
  for (const name of ['contentFolder', 'publishFolder'] as const)
    await makeFolder(resolve(dirname(file), String(settings[name]))).catch(unusable('data', data))
  await writeNewFile(file, `${JSON.stringify(settings, null, 2)}\n`).catch((error: NodeJS.ErrnoException) =>
    error.code === 'EEXIST' ? Promise.reject(exists(file)) : unusable('config', file)(error),
  )
  const here = (path: string): string => {
    const near = relative(process.cwd(), path) || '.'
    return near.startsWith('..') ? path : near
  }
  const result = {
    config: here(file),
    deployment: `${networkOf(found.path)}, chain ${found.record.chainId}`,
    data: here(data),
    key: key.says,
    sends:
      settings['confirm'] === true
        ? 'yes: "run" sends transactions'
        : 'no: add --confirm, or "confirm": true',
    next: nextCommand(flags),
  }
  printer.note(`${here(file)} was written, readable by its owner alone`)
  return { result }
}

async function keyOf(
  found: FoundDeployment,
  mode: string,
  folder: string,
  from: Choices['from'],
): Promise<ChosenKey> {
  const given = givenKey(process.env)
  if (given) return { settings: {}, says: `the one that ${given} names` }
  if (mode === 'verifier') return { settings: {}, says: 'none: a verifier needs one only to challenge' }
  return (await localOperatorKey(found)) ?? newKeystore(folder, from)
}

interface Choices {
  mode: string
  data: string
  key: ChosenKey
  /** how the file names a path */
  from: (path: string) => string
}

function settingsOf(
  { path, rpcUrl, facts }: FoundDeployment,
  { mode, data, key, from }: Choices,
): Record<string, unknown> {
  // a local chain leaves its content beside its record
  const beside = join(dirname(path), 'content')
  return {
    rpcUrls: [rpcUrl],
    deployment: from(path),
    genesisHash: facts.genesisHash,
    contentFolder: from(existsSync(beside) ? beside : join(data, 'content')),
    publishFolder: from(join(data, 'published')),
    storeFolder: from(join(data, 'store')),
    mode,
    ...key.settings,
  }
}

function modeOf(flags: Flags): string {
  const mode = String(flags['mode'])
  if (mode === 'operator' || mode === 'verifier') return mode
  throw wrongArgument('mode', mode, 'operator or verifier')
}

function nextCommand(flags: Flags): string {
  const config = flags['config'] === 'oracle.json' ? '' : ` --config ${String(flags['config'])}`
  return `npm run oracle -- run${config}`
}

/** A store knows one chain: that of an earlier local chain is worse than none. */
async function expectNoStore(folder: string): Promise<void> {
  const found = await readdir(folder).catch(() => [])
  if (found.length === 0) return
  const fix = 'remove it when its chain is gone, or say --data with another folder'
  throw wrongArgument('data', `${folder}, which holds a store`, 'a folder without a store', fix)
}

const unusable =
  (argument: string, path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw wrongArgument(argument, `${path} (${error.code})`, 'a path that can be written')
  }

function exists(file: string) {
  const fix = 'remove it, or say --config with another path'
  return wrongArgument('config', `${file}, which exists`, 'a file that is not there yet', fix)
}
