import { canonicalJson, type Progress } from './domain'

interface Stream {
  write(text: string): unknown
  isTTY?: boolean
}

export interface ProgressLine {
  show(progress: Progress): void
  /** Leaves what comes next a line of its own. */
  end(): void
}

const TENTHS = 10

/**
 * How far a long run is: one line that is rewritten, with the time that is left, where a person looks at a terminal;
 * elsewhere a plain line for every tenth, or with `json` a JSON line.
 */
export function createProgressLine(
  err: Stream,
  { json, clock }: { json: boolean; clock: () => number },
): ProgressLine {
  let started = clock()
  let current = ''
  let tenth = -1
  let open = false
  return {
    show({ stage, done, total }) {
      if (stage !== current) {
        current = stage
        started = clock()
        tenth = -1
      }
      const share = total > 0 ? done / total : 1
      if (err.isTTY) {
        const seconds = (clock() - started) / 1000
        const left = share > 0.02 && share < 1 ? `, ${textOf((seconds * (1 - share)) / share)} left` : ''
        err.write(`\r\x1b[K${stage} ${Math.floor(100 * share)} %${left}`)
        open = true
        return
      }
      const now = Math.floor(TENTHS * share)
      if (now <= tenth) return
      tenth = now
      err.write(
        json
          ? `${canonicalJson({ event: 'progress', stage, done, total })}\n`
          : `${stage} ${TENTHS * now} %\n`,
      )
    },
    end() {
      if (open) err.write('\n')
      open = false
    },
  }
}

function textOf(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
