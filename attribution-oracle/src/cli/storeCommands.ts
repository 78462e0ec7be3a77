import type { Command } from 'commander'
import { openStore } from '../compose'
import { openContent, systemOf } from '../computing'
import type { Config } from '../config'
import {
  createSnapshot,
  readSnapshot,
  rebuildFromChain,
  restoreSnapshot,
  verifySnapshot,
  type ReadManifest,
} from '../pipeline'
import type { EpochStore } from '../store'
import { configured, plain, type Answer, type Session } from './session'
import { withOracle } from './withOracle'

/** `db`, `snapshot` and `rebuild`: what is kept, and how it comes back. */
export function addStoreCommands(program: Command): void {
  const db = program.command('db').description('the database')
  configured(db, 'migrate', 'bring its tables up to date, which every other command does, too', migrate)
  const snapshot = program
    .command('snapshot')
    .description('the store in a folder that says by itself whether it is whole')
  configured(
    snapshot,
    'create <folder>',
    'write one; with --content also the blocks of every epoch',
    create,
  ).option('--content', 'take the content of the epochs along')
  configured(snapshot, 'restore <folder>', 'fill an empty store from one, after it was verified', restore)
  plain(snapshot, 'verify <folder>', 'compare every file of one with its digest', verify)
  configured(
    program,
    'rebuild',
    'fill the store again, and compare every final root',
    rebuild,
  ).requiredOption('--from-chain', 'from chain and content alone')
}

/** With the database alone: no chain is asked. */
async function withStore(
  { configure }: Session,
  work: (store: EpochStore, config: Config) => Promise<Record<string, unknown>>,
): Promise<Answer> {
  const { config } = await configure()
  const store = await openStore(config)
  try {
    return { result: await work(store, config) }
  } finally {
    await store.close()
  }
}

function migrate(session: Session): Promise<Answer> {
  return withStore(session, async (store, config) => ({
    // opening it did it
    applied: store.applied.length > 0 || session.flags['json'] ? store.applied : 'nothing to apply',
    database: config.databaseUrl === undefined ? config.storeFolder! : 'PostgreSQL',
    tables: 'up to date',
  }))
}

function create(session: Session): Promise<Answer> {
  const { args, flags, printer, signal } = session
  return withStore(session, async (store, config) => {
    const content = flags['content'] === true ? { content: openContent(config) } : {}
    const deps = { store, system: systemOf(config), ...content, onProgress: printer.progress, signal }
    return told(await createSnapshot(deps, args[0]!), args[0]!)
  })
}

async function restore(session: Session): Promise<Answer> {
  const { args, printer, signal } = session
  // a wrong path makes no store
  await readSnapshot(args[0]!)
  return withStore(session, async (store, config) => {
    const content = openContent(config)
    const deps = { store, system: systemOf(config), content, onProgress: printer.progress, signal }
    return told(await restoreSnapshot(deps, args[0]!), args[0]!)
  })
}

async function verify({ args, printer, signal }: Session): Promise<Answer> {
  const read = await verifySnapshot(args[0]!, { onProgress: printer.progress, signal })
  return { result: told(read, args[0]!) }
}

function told({ manifest, digest }: ReadManifest, folder: string): Record<string, unknown> {
  const { chainId, lastEpoch, parts } = manifest
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  return { folder, digest, chainId, lastEpoch, files: parts.length, bytes }
}

function rebuild(session: Session): Promise<Answer> {
  return withOracle(session, async ({ operating }) => {
    const { epochs } = await rebuildFromChain(operating)
    return { result: { epochs: epochs.map(each => ({ ...each })), agrees: true } }
  })
}
