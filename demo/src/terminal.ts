import { Presets, SingleBar } from 'cli-progress'

/** What the user sees of a long step. `update` may be called as often as one likes. */
export interface Progress {
  update(done: number, total: number, note?: string): void
  stop(): void
}

/** Prints the demo's story: numbered chapters, facts below them, a bar for every long step. */
export class Terminal {
  readonly #out: NodeJS.WriteStream
  readonly #interactive: boolean
  readonly #colour: boolean
  readonly #started = performance.now()
  #chapter = 0

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
    this.#interactive = out.isTTY === true && process.env['TERM'] !== 'dumb' && !process.env['CI']
    this.#colour = this.#interactive && !process.env['NO_COLOR']
  }

  chapter(title: string): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(0)
    this.print('')
    this.print(`${this.#paint(36, `${++this.#chapter}. ${title}`)}  ${this.#paint(2, `${seconds} s`)}`)
  }

  fact(text: string): void {
    this.print(`   ${text}`)
  }

  print(text: string): void {
    this.#out.write(`${text}\n`)
  }

  /** A bar on a terminal; elsewhere one line per quarter, so that logs stay short. */
  progress(label: string): Progress {
    return this.#interactive ? bar(label, this.#out) : quarters(label, line => this.fact(line))
  }

  bold(text: string): string {
    return this.#paint(1, text)
  }

  #paint(code: number, text: string): string {
    return this.#colour ? `\u001b[${code}m${text}\u001b[0m` : text
  }
}

function bar(label: string, stream: NodeJS.WriteStream): Progress {
  const view = new SingleBar(
    {
      format: `   ${label.padEnd(30)} {bar} {percentage}%  {eta_formatted} left  {note}`,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
      etaBuffer: 20,
      stream,
    },
    Presets.rect,
  )
  let running = false
  return {
    update(done, total, note = '') {
      if (!running) view.start(total, done, { note })
      running = true
      view.setTotal(total)
      view.update(done, { note })
    },
    stop() {
      if (running) view.stop()
      running = false
    },
  }
}

function quarters(label: string, line: (text: string) => void): Progress {
  let next = 0.25
  return {
    update(done, total, note = '') {
      if (total === 0 || done / total < next) return
      while (next <= done / total) next += 0.25
      line(`${label}: ${Math.floor((100 * done) / total)} %${note ? `  ${note}` : ''}`)
    },
    stop() {},
  }
}
