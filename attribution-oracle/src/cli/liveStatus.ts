interface Stream {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

/** The part of a service's status that is shown; see createServiceState. */
export interface ShownStatus {
  ready: boolean
  reasons: readonly string[]
  blocks?: { head: number; finalized: number; indexed: number } | null
  epochs: readonly {
    epoch: number
    state?: string | undefined
    reason?: string | null
    deadline?: number | null
  }[]
  /** a stage that runs at the moment, as its progress line */
  progress?: string
}

export interface LiveStatus {
  show(status: ShownStatus): void
  /** Writes a line above the status. */
  above(text: string): void
  end(): void
}

const LAST_EPOCHS = 4

/**
 * A status that is rewritten in place. It is for a person at a terminal: elsewhere, in CI, and where TERM says "dumb",
 * nothing of it is written.
 */
export function isLive(out: Stream, env: NodeJS.ProcessEnv): boolean {
  return out.isTTY === true && !env['CI'] && env['TERM'] !== 'dumb'
}

export function createLiveStatus(out: Stream, headline: string, clock: () => number): LiveStatus {
  let shown: string[] = []
  const erase = (): string => (shown.length === 0 ? '' : `\x1b[${shown.length}A\x1b[J`)
  const draw = (lines: string[]): void => {
    out.write(erase() + lines.map(line => `${line}\n`).join(''))
    shown = lines
  }
  return {
    show(status) {
      // a terminal that does not say how wide it is says 0
      const width = (out.columns || 80) - 1
      draw(linesOf(status, headline, clock()).map(line => line.slice(0, width)))
    },
    above(text) {
      const lines = shown
      out.write(`${erase()}${text}\n`)
      shown = []
      draw(lines)
    },
    end() {
      shown = []
    },
  }
}

/** The status as lines; times in unix seconds. */
export function linesOf(
  { ready, reasons, blocks, epochs, progress }: ShownStatus,
  headline: string,
  now: number,
): string[] {
  const chain = blocks
    ? `chain   head ${blocks.head}, finalized ${blocks.finalized}, read up to ${blocks.indexed}`
    : 'chain   not read yet'
  const latest = [...epochs].sort((a, b) => b.epoch - a.epoch).slice(0, LAST_EPOCHS)
  return [
    '',
    headline,
    ready ? 'ready' : `not ready: ${reasons[0] ?? 'starting'}${more(reasons.length)}`,
    chain,
    ...(latest.length === 0 ? ['epochs  none is open'] : latest.map(each => epochLine(each, now))),
    ...(progress ? [progress] : []),
  ]
}

const more = (count: number): string => (count > 1 ? `, and ${count - 1} more` : '')

function epochLine({ epoch, state, reason, deadline }: ShownStatus['epochs'][number], now: number): string {
  const left = state === 'submitted' && deadline ? deadline - now : 0
  const waits = left > 0 ? `, ${spanOf(left)} of the challenge window left` : ''
  return `epoch ${epoch}  ${state ?? 'unknown'}${waits}${reason ? ` (${reason})` : ''}`
}

function spanOf(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
