import { SETTING_NAMES, settingOf, type Config } from '../config'
import type { Observe, Progress } from '../domain'
import { createLogger, logFault, observeLog } from '../logging'
import { createProgressLine } from '../progressLine'

/** The log of a long run. */
export interface Log {
  observe: Observe
  /** A line for every tenth of a stage. */
  progress(progress: Progress): void
  info(text: string): void
  failure(error: unknown, step: string): void
}

/** What the log needs to know; every secret in it is kept out of the log. */
type Logged = Pick<Config, 'logLevel' | 'logFormat'> & Partial<Config>

export interface LogOptions {
  json: boolean
  /** where lines go instead of standard error */
  destination?: { write(text: string): unknown; isTTY?: boolean }
}

/** No secret of the configuration is ever written, whoever hands it in. */
export function openLog(config: Logged, { json, destination }: LogOptions): Log {
  const logger = createLogger({
    level: config.logLevel,
    format: json ? 'json' : config.logFormat,
    secrets: secretsOf(config),
    ...(destination && { destination }),
  })
  let shown: Progress | undefined
  const tenths = { write: (text: string): void => logger.info({ event: 'progress', ...shown }, text.trim()) }
  const line = createProgressLine(tenths, { json: false, clock: () => performance.now() })
  return {
    observe: observeLog(logger),
    progress(progress) {
      shown = progress
      line.show(progress)
    },
    info: text => logger.info(text),
    failure: (error, step) => logFault(logger, error, step),
  }
}

function secretsOf(config: Logged): string[] {
  const values: Partial<Record<string, unknown>> = config
  return SETTING_NAMES.filter(name => settingOf(name).secret)
    .flatMap(name => values[name] ?? [])
    .map(String)
}
