import { createRequire } from 'node:module'
import { destination as openFile, pino, stdTimeFunctions, type Logger } from 'pino'
import { createRedact } from './redact'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogDestination {
  write(text: string): unknown
  isTTY?: boolean
}

export interface LogOptions {
  level: LogLevel
  /** `auto` is `pretty` on a terminal; where pino-pretty is not installed, lines are JSON */
  format: 'auto' | 'json' | 'pretty'
  /** standard error, when left out: standard output is for results */
  destination?: LogDestination
  /** what must never be written, whoever hands it in: keys, passwords, URLs with credentials */
  secrets?: readonly string[]
}

export type { Logger }

/**
 * One line of JSON per entry: level as a word, time in UTC, code and next step of what failed. Every line is searched for
 * secrets right before it is written, so that no caller can forget to.
 */
export function createLogger({ level, format, destination, secrets = [] }: LogOptions): Logger {
  const file = destination ?? openFile({ dest: 2, sync: true })
  const terminal = destination ? destination.isTTY === true : process.stderr.isTTY
  const pretty = format === 'pretty' || (format === 'auto' && terminal)
  const out = (pretty && openPretty(file, terminal)) || file
  const redact = createRedact(secrets)
  const guarded: LogDestination = { write: line => out.write(`${redactedLine(line, redact)}\n`) }
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    guarded,
  )
}

function redactedLine(line: string, redact: (value: unknown) => unknown): string {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    return JSON.stringify({ level: 'error', msg: redact(line.trimEnd()) })
  }
  const { level, time } = entry as { level: unknown; time: unknown }
  // what the logger itself wrote: no secret can stand there, and a short one may look like it
  return JSON.stringify({ ...(redact(entry) as object), level, time })
}

/** The message says the rest; a person needs to know what to do, and of a bug where it is. */
const READ_BY_PEOPLE = 'level,time,next,stack'

/** pino-pretty where it is installed: it is a tool of developers, and no part of a deployment. */
function openPretty(out: LogDestination, terminal: boolean): LogDestination | undefined {
  try {
    const load = createRequire(__filename)
    const { prettyFactory } = load('pino-pretty') as typeof import('pino-pretty')
    const format = prettyFactory({
      colorize: terminal,
      translateTime: 'SYS:HH:MM:ss',
      include: READ_BY_PEOPLE,
    })
    return { write: line => out.write(format(line) ?? line) }
  } catch {
    return undefined
  }
}
