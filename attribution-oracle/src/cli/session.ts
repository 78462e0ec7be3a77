import { Command, Option } from 'commander'
import { setMaxListeners } from 'node:events'
import { existsSync } from 'node:fs'
import {
  CONFIG_ENV,
  flagOf,
  loadPart,
  loadWithOrigins,
  SETTING_NAMES,
  settingOf,
  type Config,
  type LoadedConfig,
  type SettingName,
} from '../config'
import { EXIT, exitCodeOf } from '../exitCode'
import { createPrinter, type Printer } from '../printer'

/** What the command line said, by the names of its options. */
export type Flags = Readonly<Record<string, unknown>>

/** One run of one command. */
export interface Session {
  flags: Flags
  /** the arguments in their order */
  args: readonly string[]
  printer: Printer
  /** aborted by SIGINT and SIGTERM */
  signal: AbortSignal
  /** Reads the configuration. @throws INVALID_CONFIG with all faults */
  configure(): Promise<LoadedConfig>
  /** Reads a part of it, for a command that needs no more. @throws INVALID_CONFIG */
  configurePart<N extends keyof Config & SettingName>(names: readonly N[]): Promise<Pick<Config, N>>
}

export interface Answer {
  result: Record<string, unknown>
  exitCode?: number
}

/** @returns what is printed; nothing for a command that spoke for itself */
export type Action = (session: Session) => Promise<Answer | number>

export interface CommandOptions {
  /** how long the process may take to end in order after the first signal, in milliseconds */
  graceMs?: number
  /** the exit code after a signal */
  stopped?: number
}

const GRACE_MS = 10_000
const DEFAULT_FILE = 'oracle.json'
/** The settings that a help text shows; the others are flags as well. */
const SHOWN = ['rpcUrl', 'workers']

/** Adds a command that reads the configuration, with the flags that all of them take. */
export function configured(
  parent: Command,
  name: string,
  description: string,
  action: Action,
  options: CommandOptions = {},
): Command {
  const command = plain(parent, name, description, action, options).option(
    '-c, --config <file>',
    `configuration file (default: ${CONFIG_ENV}, or ${DEFAULT_FILE} in this folder)`,
  )
  for (const setting of SETTING_NAMES) {
    const flag = flagOf(setting)
    // --confirm takes no value, and only commands that send have it
    if (!flag || setting === 'confirm') continue
    const option = new Option(`${flag} <value>`, settingOf(setting).about)
    command.addOption(SHOWN.includes(setting) ? option : option.hideHelp())
  }
  return command.addHelpText('after', '\nEvery setting of docs/oracle-config.md is a flag, too.')
}

/** Adds a command that needs no configuration. */
export function plain(
  parent: Command,
  name: string,
  description: string,
  action: Action,
  options: CommandOptions = {},
): Command {
  return parent
    .command(name)
    .description(description)
    .option('--json', 'print the result as one line of JSON')
    .action(async (...given: unknown[]) => {
      const [flags] = given.slice(-2) as [Flags]
      const args = given
        .slice(0, -2)
        .flat()
        .filter(each => each !== undefined)
      process.exitCode = await perform(action, args.map(String), flags, options)
    })
}

async function perform(
  action: Action,
  args: readonly string[],
  flags: Flags,
  { graceMs = GRACE_MS, stopped = EXIT.stopped }: CommandOptions,
): Promise<number> {
  const printer = createPrinter(process.stdout, process.stderr, flags['json'] === true)
  const signals = stopOnSignals(graceMs, stopped)
  const session: Session = {
    ...{ flags, args, printer, signal: signals.signal },
    configure: () => loadWithOrigins(sourcesOf(flags)),
    configurePart: names => loadPart(sourcesOf(flags), names),
  }
  try {
    const answer = await action(session)
    if (typeof answer === 'number') return answer
    printer.result(answer.result)
    return answer.exitCode ?? EXIT.done
  } catch (error) {
    printer.failure(error)
    return exitCodeOf(error)
  } finally {
    signals.release()
  }
}

/** The first signal asks to end; a second one, or the end of the grace period, ends. */
function stopOnSignals(graceMs: number, code: number): { signal: AbortSignal; release(): void } {
  const stop = new AbortController()
  // every request and every worker that is under way listens
  setMaxListeners(0, stop.signal)
  let grace: NodeJS.Timeout | undefined
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(EXIT.stopped)
    stop.abort()
    grace = setTimeout(() => process.exit(code), graceMs)
    grace.unref()
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal)
  return {
    signal: stop.signal,
    release() {
      clearTimeout(grace)
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, onSignal)
    },
  }
}

/** The configuration file that a command reads, if there is one. */
export function configFileOf(flags: Flags): string | undefined {
  const named = (flags['config'] as string | undefined) ?? process.env[CONFIG_ENV]
  return named || (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
}

export function sourcesOf(flags: Flags): Parameters<typeof loadWithOrigins>[0] {
  const texts = SETTING_NAMES.map(name => {
    const value = flags[name]
    return [name, value === true ? 'true' : typeof value === 'string' ? value : undefined] as const
  })
  // "run" alone may take it from elsewhere
  return { file: configFileOf(flags), flags: Object.fromEntries(texts), env: process.env }
}
