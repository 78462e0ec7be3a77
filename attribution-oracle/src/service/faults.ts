import { AttributionOracleError, holderText, isFault, type Holder } from '../errors'

/** Nothing may go on after these: a bug, tampering, or a chain that took back what was final. */
const BROKEN: ReadonlySet<string> = new Set([
  'REORG_BELOW_FINALITY',
  'INVARIANT_BROKEN',
  'CONTENT_CORRUPT',
  'STORE_CORRUPT',
  'INDEX_CORRUPT',
])

const LONGEST_PAUSE_MS = 60_000

export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : 'UNEXPECTED'
}

export function isBroken(error: unknown): boolean {
  return BROKEN.has(codeOf(error))
}

/** Whether the service was asked to stop, whoever noticed it first. */
export function isStop(error: unknown, signal: AbortSignal): boolean {
  return isFault(error, 'ABORTED') || (signal.aborted && (error as Error | undefined)?.name === 'AbortError')
}

/** The first line says what; the rest is for whoever reads the log. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Milliseconds to wait after so many failed cycles in a row; it never gives up. */
export function pauseAfter(failures: number, pollMs: number): number {
  return failures === 0 ? pollMs : Math.min(LONGEST_PAUSE_MS, pollMs * 2 ** Math.min(failures, 20))
}

/** The operator that the contract would not count, of a post that it refused. */
export function inactiveOperator(error: unknown): string | undefined {
  if (!isFault(error, 'CALL_REVERTED')) return undefined
  return /^OperatorSet_NotActive\((0x[0-9a-fA-F]{40}),/.exec(error.data.reason)?.[1]
}

export function lockedElsewhere(holder?: Holder): AttributionOracleError {
  return new AttributionOracleError(
    'STORE_LOCKED',
    {
      what: 'Another process sends with this key',
      got: holder ? `${holderText(holder)}, has the lock "poster"` : 'the lock "poster" is held',
      expected: 'one process per store',
      fix: 'stop the other one, or leave this one waiting: it takes over when the other one ends',
    },
    { where: 'lock "poster"', ...(holder && { holder }) },
  )
}
