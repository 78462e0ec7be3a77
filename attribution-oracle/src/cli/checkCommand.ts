import type { Command } from 'commander'
import { basename } from 'node:path'
import { compose, type Oracle } from '../compose'
import { openContent } from '../computing'
import { configDigest, redacted, SETTING_NAMES, settingOf, type Config, type LoadedConfig } from '../config'
import { isFault } from '../errors'
import { EXIT } from '../exitCode'
import { keySourceOf } from '../keySource'
import { addressOf } from '../keys'
import { modelFaults } from '../pipeline'
import { attempt, exitCodeOfChecks, fail, pass, warn, type Check } from './checks/check'
import { checkChain, type ChainView } from './checks/chainChecks'
import { checkConfigFile, checkContent, checkFolders, checkNats, checkPeers } from './checks/machineChecks'
import { checkOperator } from './checks/operatorChecks'
import { configFileOf, configured, type Answer, type Session } from './session'

/** `check`: what stands in the way of running, line by line, each with what to do about it. */
export function addCheckCommand(program: Command): void {
  // it holds nothing that a stop could leave half done
  const options = { graceMs: 0 }
  configured(program, 'check', 'find out what stands in the way of running; sends nothing', check, options)
}

async function check(session: Session): Promise<Answer> {
  const loaded = await session.configure().catch((error: unknown) => {
    if (!isFault(error, 'INVALID_CONFIG')) throw error
    return error.data.faults.map(({ name, from, got, expected, fix }) =>
      fail(
        'config',
        `${name} (${from}): got ${got}, expected ${expected}`,
        fix ?? 'see docs/oracle-config.md',
      ),
    )
  })
  if ('config' in loaded) return answer(session, await checksOf(session, loaded), loaded)
  return answer(session, [...(configFileOf(session.flags) ? [] : [NO_FILE]), ...loaded])
}

const NO_FILE = fail(
  'config file',
  'none: no oracle.json in this folder, and none is named',
  'make one with "init", or name one with --config',
)

async function checksOf(session: Session, { config, origins }: LoadedConfig): Promise<readonly Check[]> {
  const file = configFileOf(session.flags)
  const view = await checkChain(config)
  try {
    const secrets = SETTING_NAMES.some(
      name => settingOf(name).secret && origins[name] === basename(file ?? ''),
    )
    return [
      pass('config', `${file ?? 'the environment'}, digest ${configDigest(config).slice(0, 18)}…`),
      ...(await checkConfigFile(file, secrets)),
      ...view.checks,
      ...(await checkKey(config, view)),
      ...(await checkContent(openContent(config))),
      ...(await checkFolders(config)),
      ...(await checkNats(config)),
      ...(await checkPeers(config)),
      ...(await checkWhole(session, view, config)),
    ]
  } finally {
    view.inspector?.close()
  }
}

async function checkKey(config: Config, { inspector }: ChainView): Promise<readonly Check[]> {
  return attempt('key', 'name a keystore, its password or a signer that can be used', async () => {
    const source = await keySourceOf(config)
    return checkOperator(config, inspector, source && (await addressOf(source)))
  })
}

/** The key has lines of its own: what is wrong with it hides nothing else. */
const KEYLESS = { operatorKey: undefined, keystore: undefined, signerUrl: undefined }

/** Opens the database and reads the models, as a run would. */
async function checkWhole(
  { printer, signal }: Session,
  { facts }: ChainView,
  config: Config,
): Promise<readonly Check[]> {
  if (!facts) return []
  const options = { confirm: false, onProgress: printer.progress, signal }
  return attempt('database', 'check storeFolder or databaseUrl', async () => {
    const oracle = await compose({ ...config, ...KEYLESS }, options).catch((error: unknown) => {
      if (isFault(error, 'STORE_LOCKED')) return undefined
      throw error
    })
    if (!oracle) return warn('database', 'a running oracle uses it', 'stop it to have models checked, too')
    try {
      const where = config.databaseUrl === undefined ? 'embedded' : 'PostgreSQL'
      const database = pass('database', `${where}, tables are up to date`)
      const fix = 'fetch the content that is missing, or add the store that has it to contentStores'
      return [database, ...(await attempt('models', fix, () => checkModels(oracle)))]
    } finally {
      await oracle.close()
    }
  })
}

async function checkModels({ operating }: Oracle): Promise<Check> {
  const { chain, signal } = operating
  const { models } = await chain.history((await chain.finalizedBlock()).number, signal)
  const faults = await modelFaults(models, operating)
  if (faults.size === 0) return pass('models', `${models.length} registered, all can be read`)
  const names = [...faults].map(([modelId, fault]) => `${modelId} (${fault})`).join(', ')
  const fix = 'add the store that has their content to contentStores; a broken model is left out of scoring'
  return warn('models', `${faults.size} of ${models.length} cannot be used: ${names}`, fix)
}

function answer({ flags, printer }: Session, checks: readonly Check[], loaded?: LoadedConfig): Answer {
  const count = (status: Check['status']): number => checks.filter(each => each.status === status).length
  const exitCode = exitCodeOfChecks(checks)
  const totals = { passed: count('PASS'), warned: count('WARN'), failed: count('FAIL') }
  if (flags['json']) {
    const config = loaded ? redacted(loaded.config) : null
    return { result: { ...totals, checks: checks.map(each => ({ ...each })), config }, exitCode }
  }
  for (const { name, status, says, fix } of checks) {
    printer.line(`${status}  ${name.padEnd(16)} ${says}${fix ? `\n      ${' '.repeat(16)} -> ${fix}` : ''}`)
  }
  const verdict = exitCode === EXIT.done ? 'ready' : 'not ready'
  return { result: { verdict, ...totals }, exitCode }
}
