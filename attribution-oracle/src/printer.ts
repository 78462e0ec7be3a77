import { ContentStoreError } from '@open-datanets/content-store'
import { canonicalJson, type Progress } from './domain'
import { AttributionOracleError } from './errors'
import { createProgressLine } from './progressLine'

/** Where the command line speaks: results on stdout, everything else on stderr. */
export interface Printer {
  result(value: Record<string, unknown>): void
  progress(progress: Progress): void
  /** A line of a report on stdout; left out with --json, where stdout holds the result alone. */
  line(text: string): void
  /** A sentence for a person; left out with --json, where stderr holds events alone. */
  note(text: string): void
  failure(error: unknown): void
}

interface Stream {
  write(text: string): unknown
  isTTY?: boolean
}

/**
 * With `json` the result is one line of JSON, otherwise one line per field, lists
 * and objects one line per entry. Progress is a line
 * that is rewritten on a terminal, with the time that is left, and elsewhere a plain or JSON line for every tenth.
 */
export function createPrinter(out: Stream, err: Stream, json: boolean): Printer {
  const line = createProgressLine(err, { json, clock: () => performance.now() })
  return {
    result(value) {
      line.end()
      if (json) out.write(`${canonicalJson(value)}\n`)
      else {
        const width = widthOf(value)
        for (const [name, item] of Object.entries(value)) out.write(`${field(name, item, width)}\n`)
      }
    },
    progress: line.show,
    line(text) {
      line.end()
      if (!json) out.write(`${text}\n`)
    },
    note(text) {
      line.end()
      if (!json) err.write(`${text}\n`)
    },
    failure(error) {
      line.end()
      err.write(`${json ? failureEvent(error) : failureText(error)}\n`)
    },
  }
}

/** A fault that says all there is to say; anything else is a bug, and its stack is wanted. */
function isFault(error: unknown): error is AttributionOracleError | ContentStoreError {
  return error instanceof AttributionOracleError || error instanceof ContentStoreError
}

function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return isFault(error) ? error.message : (error.stack ?? error.message)
}

function failureEvent(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const { code, retryable } = isFault(error) ? error : { code: 'UNEXPECTED', retryable: false }
  return canonicalJson({ event: 'error', code, message, retryable })
}

const INDENT = '  '
const LEAST_WIDTH = 14

/** Values begin in one column, behind the longest of their names. */
function widthOf(fields: Record<string, unknown>): number {
  return Math.max(LEAST_WIDTH, ...Object.keys(fields).map(name => name.length))
}

/** A list has a line for each entry, an object one for each of its fields, both indented. */
function field(name: string, item: unknown, width: number): string {
  const label = name.padEnd(width)
  if (Array.isArray(item) && item.length > 1)
    return [label.trimEnd(), ...item.map(each => `${INDENT}${entryOf(each)}`)].join('\n')
  const only: unknown = Array.isArray(item) && item.length === 1 ? item[0] : item
  if (!isRecord(only)) return `${label} ${textOf(only)}`
  const inner = widthOf(only)
  const fields = Object.entries(only).map(([key, value]) => `${INDENT}${key.padEnd(inner)} ${textOf(value)}`)
  return [label.trimEnd(), ...fields].join('\n')
}

/** One line: the fields of an object by name, one after the other. */
function entryOf(item: unknown): string {
  if (!isRecord(item)) return textOf(item)
  return Object.entries(item)
    .map(([key, value]) => `${key} ${textOf(value)}`)
    .join(', ')
}

const isRecord = (item: unknown): item is Record<string, unknown> =>
  typeof item === 'object' && item !== null && !Array.isArray(item)

function textOf(item: unknown): string {
  if (item === null || item === undefined) return 'none'
  if (Array.isArray(item) && item.length === 0) return 'none'
  if (typeof item === 'string') return item
  return typeof item === 'bigint' ? String(item) : canonicalJson(item)
}
