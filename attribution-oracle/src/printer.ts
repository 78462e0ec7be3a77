import { canonicalJson, type Progress } from './domain'
import { AttributionOracleError } from './errors'

/** Where the command line speaks: results on stdout, everything else on stderr. */
export interface Printer {
  result(value: Record<string, unknown>): void
  progress(progress: Progress): void
  failure(error: unknown): void
}

interface Stream {
  write(text: string): unknown
  isTTY?: boolean
}

/**
 * With `json` the result is one line of JSON, otherwise one line per field. Progress is one JSON line each when stderr is
 * no terminal, so that another program can draw it, and a single rewritten line when it is.
 */
export function createPrinter(out: Stream, err: Stream, json: boolean): Printer {
  return {
    result(value) {
      if (json) out.write(`${canonicalJson(value)}\n`)
      else for (const [name, item] of Object.entries(value)) out.write(`${name.padEnd(14)} ${textOf(item)}\n`)
    },
    progress({ stage, done, total }) {
      if (!err.isTTY) err.write(`${canonicalJson({ event: 'progress', stage, done, total })}\n`)
      else err.write(`\r\x1b[K${stage} ${done}/${total}${done === total ? '\n' : ''}`)
    },
    failure(error) {
      const known = error instanceof AttributionOracleError
      const message =
        error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error)
      if (!json || !known) err.write(`${message}\n`)
      else
        err.write(
          `${canonicalJson({ event: 'error', code: error.code, message, retryable: error.retryable })}\n`,
        )
    },
  }
}

function textOf(item: unknown): string {
  return typeof item === 'string' ? item : canonicalJson(item)
}
